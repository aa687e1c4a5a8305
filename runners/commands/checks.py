"""``proofbox checks``: list the checks, or show one."""

from __future__ import annotations

import json

import rich_click as click

from proofbox.runners.commands.options import json_option
from proofbox.runners.completing import complete_checks


@click.group("checks")
def command() -> None:
    """List the checks, or show one."""


@command.command("list")
@json_option
def list_checks(**given: object) -> None:
    """List every check with its measures."""
    from proofbox.checks.registry import all_checks

    checks = all_checks().values()
    if given["json"]:
        print(json.dumps([_as_json(spec.id) for spec in checks], ensure_ascii=False))
        return
    width = max(len(spec.id) for spec in checks)
    for spec in checks:
        print(f"{spec.id:<{width}}  {'static ' if spec.static else 'dynamic'}  {spec.summary}")
        print(f"{'':<{width}}           {', '.join(spec.measures)}")


@command.command("show")
@click.argument("check_id", metavar="ID", shell_complete=complete_checks)
@json_option
def show(check_id: str, **given: object) -> None:
    """Show one check's documentation and parameters."""
    from proofbox.checks.registry import get_check
    from proofbox.runners.docs_pages import parameter_lines

    spec = get_check(check_id)
    if given["json"]:
        print(json.dumps(_as_json(check_id), ensure_ascii=False))
        return
    kind = "static" if spec.static else "runs last" if spec.closing else "asks the model"
    print(f"{spec.id}  ({kind})\n\n{spec.doc}\n\n## Parameters")
    for line in parameter_lines(spec):
        print(line)


def _as_json(check_id: str) -> dict[str, object]:
    from proofbox.checks.registry import get_check

    spec = get_check(check_id)
    return {
        "id": spec.id,
        "summary": spec.summary,
        "static": spec.static,
        "needs": sorted(spec.needs),
        "measures": [
            {
                "name": measure.name,
                "range": measure.range,
                "better": measure.better,
                "perfect": measure.perfect,
                "about": measure.about,
            }
            for measure in spec.measures.values()
        ],
        "params": spec.params_type.model_json_schema(),
        "doc": spec.doc,
    }
