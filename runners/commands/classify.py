"""``proofbox classify``: the risk tier and the trial level that a submission's own answers lead to."""

from __future__ import annotations

import json
from pathlib import Path

import rich_click as click

from proofbox.runners.commands.options import json_option, lang_option


@click.command("classify")
@click.argument("submission", type=click.Path(path_type=Path))
@lang_option
@json_option
def command(submission: Path, lang: str, **given: object) -> None:
    """Hold the declared risk tier and trial level of SUBMISSION against its own answers (docs/submission.md).

    Exit code 0: as declared, or declared higher. 1: declared too low. 3: questions are open. 2: bad input.
    """
    from proofbox.runners.policy_tools.classifying import classified, held_lines

    found = classified(submission)
    if given["json"]:
        print(json.dumps([item.to_json() for item in found], ensure_ascii=False))
    else:
        for line in held_lines(found, lang):
            print(line)
    if any(item.too_low for item in found):
        raise SystemExit(1)
    raise SystemExit(0 if all(item.computed for item in found) else 3)
