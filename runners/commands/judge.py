"""``proofbox judge``: judge recorded measurements again, under another policy or a later version of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.completing import complete_policies
from proofbox.runners.commands.options import (
    json_option,
    lang_option,
    tracking_uri_option,
    waiver_key_option,
    waivers_option,
)


@click.command("judge")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--policy",
    "-p",
    "policies",
    multiple=True,
    required=True,
    shell_complete=complete_policies,
    help="A shipped policy's id, or a path.",
)
@waivers_option
@waiver_key_option
@click.option(
    "--on",
    "day",
    help="Day (YYYY-MM-DD) that waivers and attestations are held against.  [default: today]",
)
@tracking_uri_option
@lang_option
@json_option
def command(bundle: Path, policies: tuple[str, ...], lang: str, **given: object) -> None:
    """Judge the measurements recorded in BUNDLE under other policies; the model is not run and BUNDLE is not changed.

    BUNDLE is a folder, its .zip, or mlflow:RUN_ID. A requirement whose measurement was never recorded is
    not run. Exit codes are those of 'run'.

    Example: proofbox judge evidence --policy my-draft.yaml
    """
    from proofbox.runners.evidence.judging import judge_again, today
    from proofbox.runners.exit_codes import BY_CONCLUSION
    from proofbox.runners.signed.waiving import read_given, unused

    waivers = read_given(cast("Path | None", given["waivers"]), cast("Path | None", given["waiver_key"]))
    store = cast("str | None", given["tracking_uri"])
    assessment = judge_again(bundle, policies, waivers, str(given["day"] or today()), tracking_uri=store)
    for name in unused(assessment, waivers):
        click.echo(f"waiver {name}: no failed requirement that it is for", err=True)
    if given["json"]:
        from proofbox.policies.record_json import to_json

        print(json.dumps(to_json(assessment), ensure_ascii=False, sort_keys=True))
    else:
        from proofbox.reports.console import print_summary

        print_summary(assessment, report=None, bundle=None, language=lang)
    raise SystemExit(BY_CONCLUSION[assessment.conclusion])
