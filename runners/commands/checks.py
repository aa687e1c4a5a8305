"""``proofbox checks``: list the checks, show one, or test those of others."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import rich_click as click

from proofbox.runners.commands.completing import complete_checks
from proofbox.runners.commands.options import json_option


@click.group("checks")
def command() -> None:
    """List the checks, show one, or test those of others."""


@command.command("list")
@json_option
def list_checks(**given: object) -> None:
    """List every check with its measures, and the plug-ins that are refused."""
    from proofbox.checks.registry import all_checks, refused_plugins
    from proofbox.reports.console import safe_terminal

    checks = all_checks().values()
    for plugin, reason in refused_plugins().items():
        print(safe_terminal(f"{plugin} is refused: {reason}"), file=sys.stderr)
    if given["json"]:
        print(json.dumps([_as_json(spec.id) for spec in checks], ensure_ascii=False))
        return
    width = max(len(spec.id) for spec in checks)
    for spec in checks:
        print(f"{spec.id:<{width}}  {'static ' if spec.static else 'dynamic'}  {spec.summary}")
        print(f"{'':<{width}}           {', '.join(spec.measures)}{f'  (by {spec.origin})' if spec.origin else ''}")


@command.command("test")
@click.argument("name", metavar="NAME")
@json_option
def test(name: str, **given: object) -> None:
    """Hold the checks of the plug-in NAME (a distribution, family or package) to the laws of a check.

    Exit code 0: it conforms. 1: it is refused, or a check breaks a law. 2: there is none of that name.
    """
    from proofbox.reports.console import safe_terminal
    from proofbox.runners.conformance.suite import tested_lines, try_plugins

    found = try_plugins(name)
    if given["json"]:
        print(json.dumps([{**asdict(one), "conforms": one.conforms} for one in found], ensure_ascii=False))
    else:
        for line in (line for one in found for line in tested_lines(one)):
            print(safe_terminal(line))
    raise SystemExit(0 if all(one.conforms for one in found) else 1)


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
        "origin": spec.origin,
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
