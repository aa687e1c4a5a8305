"""``proofbox verify``: whether a bundle is whole and who signed it; needs no network, no MLflow and no model."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.options import json_option, tracking_uri_option
from proofbox.runners.commands.signing_options import verifying_options


def _print_verifier(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from proofbox.reports.signing import standalone

        click.echo(Path(standalone.__file__).read_text("utf-8"), nl=False)
        context.exit(0)


@click.command("verify")
@click.argument("bundle", type=click.Path(path_type=Path))
@verifying_options
@click.option(
    "--print-verifier",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_verifier,
    help="Print a program of one file that verifies without Proofbox, for you to read, and end.",
)
@tracking_uri_option
@click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    help="Ledger of attempts: BUNDLE must be the outcome of an attempt that was committed to it.",
)
@click.option(
    "--replayed-by",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Public key (PEM) of somebody else whose replay counts; repeatable. Statements stand in BUNDLE.replays/.",
)
@click.option(
    "--regulator", is_flag=True, help="You know the key for that of an office which ran the assessment itself."
)
@json_option
def command(bundle: Path, ledger: Path | None, **given: object) -> None:
    """Check that BUNDLE is whole, and signed by whom you expect.

    BUNDLE is a folder, its .zip, or mlflow:RUN_ID: what MLflow's pages show of that run is then compared with it. Have
    the key or the certificate from the signer by another way.

    The first word says what was found: verified, unsigned, not-checked (signed, and no key was given), tampered,
    incomplete, swapped-report, differs-in-mlflow, wrong-key, wrong-chain, expired, not-yet-valid, revoked, future,
    wrong-time-stamp.

    Exit code 0: verified. 1: anything else; or the ledger is not whole, or has no such attempt; or nobody named by
    --replayed-by measured it again. 2: this is no bundle, or the key cannot be read.

    Example: proofbox verify evidence --key signer.pub.pem
    """
    from proofbox.runners.evidence.assurance import assurance
    from proofbox.runners.evidence.verifying import verify_bundle
    from proofbox.runners.signed.signing import verifier_of

    store = cast("str | None", given["tracking_uri"])
    verification = verify_bundle(bundle, verifier_of(given), datetime.now(UTC), store)
    check = None
    if ledger is not None and verification.whole:
        from proofbox.runners.evidence.ledgers import check_bundle

        check = check_bundle(ledger, bundle, store)
    sure = assurance(bundle, verification, given, datetime.now(UTC))
    if given["json"]:
        beside = {"assurance": sure.to_json(), **({} if check is None else {"ledger": check.to_json()})}
        print(json.dumps({**verification.to_json(), **beside}, ensure_ascii=False))
    else:
        for line in (*verification.lines(), *sure.lines(), *(check.lines() if check else ())):
            print(line)
    asked = not given["replayed_by"] or sure.level == "reproduced"
    raise SystemExit(0 if verification.verified and asked and (check is None or check.well) else 1)
