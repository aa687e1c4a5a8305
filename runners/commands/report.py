"""``proofbox report``: the report of a stored bundle as PDF, with a signature in it where a key is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.options import json_option, lang_option, tracking_uri_option
from proofbox.runners.commands.signing_options import signing_options


@click.command("report")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--pdf", type=click.Path(path_type=Path), required=True, help="The file to write; must not exist yet.")
@lang_option
@signing_options
@tracking_uri_option
@json_option
def command(bundle: Path, pdf: Path, lang: str, **given: object) -> None:
    """Write the report of BUNDLE as tagged PDF (PDF/UA-1), with the numbers of its report.html.

    BUNDLE is a folder, its .zip, or mlflow:RUN_ID; one that was altered is refused (exit code 1), and it is not
    changed. Needs the extra 'papers'; with a key and its certificate, and the extra 'pades', the PDF is signed (PAdES).

    Example: proofbox report evidence --pdf report.vi.pdf --lang vi
    """
    from proofbox.runners.evidence.printing import print_report

    printed = print_report(bundle, pdf, lang, given, tracking_uri=cast("str | None", given["tracking_uri"]))
    if given["json"]:
        print(json.dumps(printed.to_json(), ensure_ascii=False))
        return
    print(f"Report: {pdf} ({printed.size} bytes, {'signed' if printed.signed else 'unsigned'})")
    print("Pre-sandbox test evidence: not a licence, not a certificate, not a conformity decision.")
