"""``proofbox policy diff|test|coverage|whatif``: tools for those who write policies."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import rich_click as click

from proofbox.runners.commands.completing import complete_policies
from proofbox.runners.commands.options import json_option, lang_option, store_experiment_option, tracking_uri_option


@click.command("diff")
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@lang_option
@json_option
def diff(old: str, new: str, **given: object) -> None:
    """Say what got stricter or looser from policy A to policy B (shipped ids or paths)."""
    from proofbox.policies.difference import differences
    from proofbox.policies.loader import load_policy
    from proofbox.runners.policy_tools.reports import difference_json, difference_lines

    changes = differences(load_policy(old).policy, load_policy(new).policy)
    _tell(given, difference_json(changes), difference_lines(changes, str(given["lang"])))


@click.command("test")
@click.argument("policies", metavar="P...", nargs=-1, required=True, shell_complete=complete_policies)
@click.option(
    "--fixtures",
    type=click.Path(path_type=Path),
    help="File of fixtures, for one policy.  [default: fixtures/NAME.yaml beside the policy, where there is one]",
)
@click.option("--write", is_flag=True, help="Write fixtures derived from every criterion to that file, then test.")
@json_option
def test(policies: tuple[str, ...], fixtures: Path | None, **given: object) -> None:
    """Try each policy by its fixtures, and by mutants that a fixture must notice.

    A fixture is a small synthetic result with the verdict that must follow. A requirement without fixtures is tried by
    derived ones. Exit code 0: every fixture came out and every mutant was noticed. 1: not so. 2: not a policy.
    """
    from proofbox.runners.policy_tools.reports import selftest_json, selftest_lines
    from proofbox.runners.policy_tools.testing import try_policy

    tried = [try_policy(policy, fixtures, write=bool(given["write"])) for policy in policies]
    _tell(given, [selftest_json(one) for one in tried], (line for one in tried for line in selftest_lines(one)))
    raise SystemExit(0 if all(one.well for one in tried) else 1)


@click.command("coverage")
@click.argument("policy", metavar="P", shell_complete=complete_policies)
@click.option("--framework", help="Only this framework.")
@lang_option
@json_option
def coverage(policy: str, framework: str | None, **given: object) -> None:
    """Say of each clause: tested by a machine, shown by a document, attested by a person, or not covered."""
    from proofbox.policies.coverage import coverage as covered
    from proofbox.policies.loader import load_policy
    from proofbox.runners.errors import UsageError
    from proofbox.runners.policy_tools.reports import coverage_json, coverage_lines

    found = covered(load_policy(policy).policy)
    frameworks = sorted({item.framework for item in found})
    if framework is not None and framework not in frameworks:
        raise UsageError(f"--framework {framework}: {policy} does not point to it, but to {', '.join(frameworks)}")
    found = tuple(item for item in found if framework in (None, item.framework))
    _tell(given, coverage_json(found), coverage_lines(found, str(given["lang"])))


@click.command("whatif")
@click.argument("draft", metavar="DRAFT")
@click.argument("bundles", metavar="BUNDLES...", nargs=-1, required=True)
@tracking_uri_option
@store_experiment_option
@lang_option
@json_option
def whatif(draft: str, bundles: tuple[str, ...], **given: object) -> None:
    """Judge stored bundles under policy DRAFT and tabulate whose conclusion would change.

    BUNDLES are bundles (a folder, its .zip, or mlflow:RUN_ID), folders of them, at any depth, and 'mlflow:' for every
    assessment in the MLflow store. No model is run and no bundle is changed.

    Exit code 0: all were judged. 1: some could not be read whole and were left out. 2: there is none.
    """
    from proofbox.runners.commands.counting import counting
    from proofbox.runners.evidence.finding import shelf_of
    from proofbox.runners.policy_tools.reports import whatif_json, whatif_lines
    from proofbox.runners.policy_tools.whatif import what_if

    with counting() as told:
        found = what_if(draft, bundles, shelf_of(given), told)
    _tell(given, whatif_json(found), whatif_lines(found, str(given["lang"])))
    raise SystemExit(1 if found.unread else 0)


def _tell(given: dict[str, object], document: object, lines: Iterable[str]) -> None:
    if given["json"]:
        print(json.dumps(document, ensure_ascii=False))
        return
    for line in lines:
        print(line)
