"""``proofbox submission``: look for mistakes in a submission before anything is measured."""

from __future__ import annotations

import json
from pathlib import Path

import rich_click as click

from proofbox.runners.commands.options import annotations_option, json_option


@click.group("submission")
def command() -> None:
    """Look for mistakes in a submission before anything is measured."""


@command.command("lint")
@click.argument("submissions", metavar="SUBMISSION...", nargs=-1, required=True, type=click.Path(path_type=Path))
@annotations_option
@json_option
def lint(submissions: tuple[Path, ...], **given: object) -> None:
    """Check submission.yaml files; every mistake is told with file, line and column, and ends with exit code 2.

    What they say and the files that they name are looked at; no data is read and no model is opened ('plan' reads the
    data).
    """
    from proofbox.runners.policy_tools.linting import listed, tell
    from proofbox.runners.submitted.lint import lint_submission
    from proofbox.runners.submitted.submission import FILE_NAME

    found = []
    for submission in submissions:
        path = submission / FILE_NAME if submission.is_dir() else submission
        found += [(path, problem) for problem in lint_submission(path)]
    if given["json"]:
        print(json.dumps({"problems": listed(found)}, ensure_ascii=False))
    else:
        tell(found, str(given["annotations"] or ""))
    if found:
        raise SystemExit(2)
    if not given["json"]:
        click.echo(f"{len(submissions)} submission{'s' * (len(submissions) > 1)} without a mistake")
