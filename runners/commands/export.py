"""``proofbox export``: a stored bundle in the formats of others."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.options import export_options, lang_option, tracking_uri_option


@click.command("export")
@click.argument("bundle", type=click.Path(path_type=Path))
@export_options
@click.option(
    "--submission",
    type=click.Path(path_type=Path),
    help="Where the submission lies, so that places in its files are told by paths from the working folder.",
)
@tracking_uri_option
@lang_option
def command(bundle: Path, submission: Path | None, lang: str, **given: object) -> None:
    """Write the assessment of BUNDLE (a folder, its .zip, or mlflow:RUN_ID) as JUnit, SARIF, OSCAL and so on.

    Nothing is measured or judged, BUNDLE is not changed, and the exit code says only whether all was written.

    Example: proofbox export evidence --sarif proofbox.sarif --submission my-submission
    """
    from proofbox.reports.bundle import read_bundle
    from proofbox.runners.errors import UsageError
    from proofbox.runners.evidence.bundles import bundle_folder
    from proofbox.runners.evidence.exporting import exports_of, write_exports
    from proofbox.runners.submitted.locations import locations_of, shown_path
    from proofbox.runners.submitted.submission import FILE_NAME

    exports = exports_of(given)
    if not exports:
        raise UsageError(
            "nothing to export: got none of --junit, --sarif, --oscal, --cyclonedx, --summary, --annotations"
        )
    with bundle_folder(bundle, cast("str | None", given["tracking_uri"])) as folder:
        assessment = read_bundle(folder).assessment
        said = (folder / FILE_NAME).read_bytes()
    shown = FILE_NAME if submission is None else shown_path(submission)
    if failed := write_exports(assessment, locations_of(assessment, said, shown), exports, lang):
        raise UsageError("\n".join(failed))
    for path in exports.files.values():
        click.echo(f"written: {path}", err=True)
