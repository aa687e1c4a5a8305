"""``proofbox verify``: whether a bundle is whole and unaltered; needs no network, no MLflow and no model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.options import json_option, tracking_uri_option


@click.command("verify")
@click.argument("bundle", type=click.Path(path_type=Path))
@tracking_uri_option
@click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    help="Ledger of attempts: BUNDLE must be the outcome of an attempt that was committed to it.",
)
@json_option
def command(bundle: Path, ledger: Path | None, **given: object) -> None:
    """Check that BUNDLE is whole: every file is there and has the digest that its manifest lists.

    BUNDLE is a folder, its .zip, or mlflow:RUN_ID. Bundles of this version are not signed: that a
    bundle is whole does not say who made it.

    Exit code 0: whole. 1: a file is missing, was changed or was added; or the ledger is not whole, or has no such
    attempt. 2: this is no bundle.
    """
    from proofbox.runners.verifying import verify_bundle

    store = cast("str | None", given["tracking_uri"])
    verification = verify_bundle(bundle, store)
    check = None
    if ledger is not None and verification.whole:
        from proofbox.runners.ledgers import check_bundle

        check = check_bundle(ledger, bundle, store)
    if given["json"]:
        beside = {} if check is None else {"ledger": check.to_json()}
        print(json.dumps({**verification.to_json(), **beside}, ensure_ascii=False))
    else:
        for line in (*verification.lines(), *(check.lines() if check else ())):
            print(line)
    raise SystemExit(0 if verification.whole and (check is None or check.well) else 1)
