"""``proofbox diff``: what changed between two assessments, with paired tests where the rows can be paired."""

from __future__ import annotations

import json
from pathlib import Path

import rich_click as click

from proofbox.runners.commands.options import (
    environment_option,
    executor_option,
    fetching_options,
    json_option,
    lang_option,
    seed_option,
)
from proofbox.runners.commands.settings import settings_of


@click.command("diff")
@click.argument("bundle_a", type=click.Path(path_type=Path))
@click.argument("bundle_b", type=click.Path(path_type=Path))
@click.option(
    "--submissions",
    nargs=2,
    type=click.Path(path_type=Path),
    metavar="SUBMISSION_A SUBMISSION_B",
    help="The two submissions that were assessed: both models are asked again, so that tests pair the rows.",
)
@seed_option
@executor_option
@environment_option
@fetching_options
@lang_option
@json_option
def command(bundle_a: Path, bundle_b: Path, submissions: tuple[Path, Path] | None, **given: object) -> None:
    """Say what changed from BUNDLE_A to BUNDLE_B: verdicts, measures, and what bears on a significant change.

    No bundle holds what was answered for a row. Without --submissions, tests treat the rows as different ones, and say
    so. Exit code 0, whatever changed. 2: bad input. 4: no isolation.

    Example: proofbox diff last-release/evidence evidence
    """
    from proofbox.reports.bundle import read_bundle
    from proofbox.reports.difference import difference_json, difference_lines
    from proofbox.runners.comparing.compare import compare
    from proofbox.runners.evidence.bundles import bundle_folder

    with bundle_folder(bundle_a) as one, bundle_folder(bundle_b) as other:
        comparison = compare(
            read_bundle(one).assessment, read_bundle(other).assessment, submissions, settings_of(given)
        )
    if given["json"]:
        print(json.dumps(difference_json(comparison), ensure_ascii=False))
    else:
        for line in difference_lines(comparison, str(given["lang"])):
            print(line)
