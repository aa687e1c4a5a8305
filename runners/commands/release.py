"""``proofbox release``: what a pipeline asks before it releases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.options import fetching_of, fetching_options, json_option
from proofbox.runners.commands.review import stamps_option


@click.group("release")
def command() -> None:
    """Hold a product against the decision that was taken on it (docs/review.md)."""


@command.command("check")
@click.argument("given", metavar="SUBMISSION|MODEL", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--decision",
    "decisions",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path, exists=True),
    help="Signed decision, or the folder of all on one bundle; repeatable: give later ones beside the approval.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="Public key or certificate (PEM) of a reviewer whose decisions count; repeatable.",
)
@stamps_option
@click.option("--on", "day", help="Day (YYYY-MM-DD) of the release.  [default: today]")
@click.option("--users", type=click.IntRange(min=0), help="Number of users that it is released to.")
@click.option("--region", help="Where it is released, as VN-HN (ISO 3166-2).")
@fetching_options
@json_option
def check(given: Path, decisions: tuple[Path, ...], keys: tuple[Path, ...], **told: object) -> None:
    """Check that SUBMISSION or the file MODEL is what was approved, and is released within the conditions.

    Offline: nothing but the signed decisions is asked, and data by --allow-data. A later decision that is not given
    cannot be seen.

    Exit code 0: it may be released. 1: it may not, or a decision is not what was signed. 2: bad input.

    Example: proofbox release check my-submission --decision decisions/ --key office.pub.pem --users 500 --region VN-HN
    """
    from proofbox.reports.review.release import Release
    from proofbox.runners.office.asking import day_of, trusted_keys
    from proofbox.runners.office.releasing import check_release

    release = Release(
        on=day_of(cast("str | None", told["day"]), "--on"),
        users=cast("int | None", told["users"]),
        region=cast("str | None", told["region"]),
    )
    stamps = cast("tuple[Path, ...]", told["tsa_certificates"])
    found = check_release(given, decisions, trusted_keys(keys, stamps), release, fetching_of(told))
    if told["json"]:
        print(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        for line in found.lines():
            print(line)
    raise SystemExit(0 if found.allowed else 1)
