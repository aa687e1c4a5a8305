"""``proofbox schema``: print the JSON Schema of a file format, so that editors complete and validate it."""

from __future__ import annotations

import json

import rich_click as click

NAMES = (
    *("submission", "policy", "assessment", "provenance", "data-provenance-standards"),
    *("waivers", "attestations", "fixtures", "crosswalk", "ledger", "review-decision"),
)


@click.command("schema")
@click.argument("name", type=click.Choice(NAMES))
def command(name: str) -> None:
    """Print the JSON Schema of NAME."""
    print(json.dumps(_schema(name), ensure_ascii=False, indent=2))


def _schema(name: str) -> dict[str, object]:
    if name == "submission":
        from proofbox.runners.submitted.submission import Submission

        schema = Submission.model_json_schema(by_alias=True)
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "proofbox/submission/v1", **schema}
    if name == "provenance":
        from proofbox.checks.records.compact import compact_schema

        return compact_schema()
    if name == "data-provenance-standards":
        from proofbox.checks.records.standards import standards_schema

        return standards_schema()
    if name == "ledger":
        from proofbox.reports.ledger.entries import ledger_schema

        return ledger_schema()
    if name == "review-decision":
        from proofbox.reports.review.decisions import decision_schema

        return decision_schema()
    from proofbox.policies.schema import schema as policies_schema

    return dict(policies_schema(name))
