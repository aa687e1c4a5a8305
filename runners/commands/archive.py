"""``proofbox archive``: what many stored bundles say together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.options import json_option, lang_option, tracking_uri_option


@click.command("archive")
@click.argument("bundles", metavar="BUNDLES...", nargs=-1, required=True)
@click.option("--policy", "-p", "policies", multiple=True, help="Judge all under this; else each by its own findings.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the page (en, vi) and archive.parquet.")
@tracking_uri_option
@lang_option
@json_option
def command(bundles: tuple[str, ...], policies: tuple[str, ...], out: Path | None, **given: object) -> None:
    """Verify every bundle in BUNDLES, judge all of them, and say which controls fail, where, when, and how often.

    BUNDLES are bundles (a folder, its .zip, or mlflow:RUN_ID) and folders of them, at any depth. No model is run and
    nothing of them is changed. Exit code 0: all are whole. 1: some are not, and were left out. 2: there is none.
    """
    from proofbox.reports.archive.views import views_json
    from proofbox.runners.archive.lines import archive_lines, write_archive
    from proofbox.runners.archive.survey import read_archive

    archive = read_archive(bundles, policies, cast("str | None", given["tracking_uri"]))
    if out is not None:
        write_archive(out, archive)
    if given["json"]:
        document = {
            "policies": list(archive.policies),
            "assessments": [entry.to_json() for entry in archive.entries],
            "left_out": [{"bundle": name, "why": why} for name, why in archive.unread],
            **views_json(archive.entries),
        }
        print(json.dumps(document, ensure_ascii=False))
    else:
        for said in archive_lines(archive, str(given["lang"])):
            print(said)
    raise SystemExit(1 if archive.unread else 0)
