"""``proofbox policy crosswalk``: which clauses elsewhere are about the same thing, and what they ask beyond."""

from __future__ import annotations

import json
from pathlib import Path

import rich_click as click

from proofbox.runners.commands.options import json_option, lang_option


@click.command("crosswalk")
@click.argument("policy", metavar="[P]", required=False)
@click.option("--to", "target", metavar="FRAMEWORK", help="Only to this framework, for example eu-ai-act.")
@click.option("--oscal", type=click.Path(path_type=Path), help="Write an OSCAL mapping-collection to this file too.")
@lang_option
@json_option
def crosswalk(policy: str | None, target: str | None, oscal: Path | None, **given: object) -> None:
    """Say which clauses of other frameworks are about the same thing as those of Viet Nam's law, and the gap.

    With a policy P: only what starts from clauses that P points to, with what P shows of each. The maps are ours, by
    theme; there is no official table. A map is no evidence.
    """
    from proofbox.runners.policy_tools.crosswalks import crosswalk_json, crosswalk_lines, found_maps, write_oscal

    found = found_maps(policy, target)
    if oscal is not None:
        write_oscal(oscal, target)
    if given["json"]:
        print(json.dumps(crosswalk_json(found), ensure_ascii=False))
        return
    for line in crosswalk_lines(found, str(given["lang"])):
        print(line)
