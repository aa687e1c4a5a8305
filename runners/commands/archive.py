"""``proofbox archive``: what many stored bundles say together."""

from __future__ import annotations

import json
from pathlib import Path

import rich_click as click

from proofbox.runners.commands.options import json_option, lang_option, store_experiment_option, tracking_uri_option


@click.command("archive")
@click.argument("bundles", metavar="[BUNDLES]...", nargs=-1)
@click.option("--policy", "-p", "policies", multiple=True, help="Judge all under this; else each by its own findings.")
@click.option("--on", "day", default="", help="Day (YYYY-MM-DD) that attestations are held against.  [default: today]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the page (en, vi) and archive.parquet.")
@click.option(
    "--resume", is_flag=True, help="Take what an earlier call with this --out found of the bundles that it noted."
)
@tracking_uri_option
@store_experiment_option
@lang_option
@json_option
def command(bundles: tuple[str, ...], policies: tuple[str, ...], out: Path | None, **given: object) -> None:
    """Verify every bundle in BUNDLES, judge all of them, and say which controls fail, where, when, and how often.

    BUNDLES are bundles (a folder, its .zip, or mlflow:RUN_ID), folders of them, at any depth, and 'mlflow:' for every
    assessment in the MLflow store, which is also what is read without any. No model is run and nothing of them is
    changed.

    Exit code 0: all are whole. 1: some are not, and were left out. 2: there is none, or the store cannot be read.

    Example: proofbox archive evidence/ --policy vn-trusted-ai --out archive/
    """
    from proofbox.runners.archive.lines import JOURNAL, archive_json, archive_lines, write_archive
    from proofbox.runners.archive.survey import View, read_archive
    from proofbox.runners.commands.counting import counting
    from proofbox.runners.errors import UsageError
    from proofbox.runners.evidence.finding import WHOLE_STORE, shelf_of

    resume = bool(given["resume"])
    if resume and out is None:
        raise UsageError("--resume: expected the --out of the call to go on with")
    view = View(policies=policies, on=str(given["day"]), journal=None if out is None else out / JOURNAL, resume=resume)
    with counting() as told:
        archive = read_archive(bundles or (WHOLE_STORE,), shelf_of(given), view, told)
    if out is not None:
        write_archive(out, archive)
    if given["json"]:
        print(json.dumps(archive_json(archive), ensure_ascii=False))
    else:
        for said in archive_lines(archive, str(given["lang"])):
            print(said)
    raise SystemExit(1 if archive.left_out else 0)
