"""``proofbox review``: a regulator's decisions on submitted bundles."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.options import json_option, store_experiment_option, tracking_uri_option
from proofbox.runners.commands.signing_options import signing_options

reviews_option = click.option(
    "--reviews",
    type=click.Path(path_type=Path),
    default=Path("proofbox-reviews"),
    show_default=True,
    help="Folder of the decisions.",
)
reviewer_keys_option = click.option(
    "--reviewer-key",
    "reviewer_keys",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Public key or certificate (PEM) of a reviewer whose decisions count; repeatable. Without it they are not"
    " verified.",
)
stamps_option = click.option(
    "--tsa-certificate",
    "tsa_certificates",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Certificate (PEM or DER) to trust for time stamps; repeatable.",
)


@click.group("review")
def command() -> None:
    """List, show and take decisions on submitted bundles (docs/review.md)."""


@command.command("list")
@click.argument("folder", metavar="[FOLDER]", default="proofbox-out")
@reviews_option
@click.option("--state", help="Only what is in this state.")
@tracking_uri_option
@store_experiment_option
@json_option
def list_reviews(folder: str, reviews: Path, state: str | None, **given: object) -> None:
    """List the bundles in FOLDER [default: proofbox-out] with the state that each is in.

    With 'mlflow:' in place of FOLDER those of the MLflow store are listed, which takes longer: each is fetched.

    For finding only: signatures are verified by 'review show'.
    """
    from proofbox.reports.console import safe_terminal
    from proofbox.runners.evidence.finding import shelf_of
    from proofbox.runners.office.reviewing import list_reviewed

    found = [one for one in list_reviewed(folder, reviews, shelf_of(given)) if state in (None, one.state)]
    if given["json"]:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False))
        return
    for one in found:
        said = one.wrong or f"{one.product} {one.version}, {one.provider} ({one.conclusion})"
        within = f", until {one.until}" if one.until else ""
        last = f"  [{one.on}, {one.reviewer}{within}]" if one.on else ""
        print(safe_terminal(f"{one.state:18} {one.bundle[:12]:12}  {said}  {one.path}{last}"))


@command.command("show")
@click.argument("bundle")
@reviews_option
@reviewer_keys_option
@stamps_option
@json_option
def show(bundle: str, reviews: Path, **given: object) -> None:
    """Show every decision on BUNDLE (a folder, its .zip, mlflow:RUN_ID, or the digest), and verify them.

    Exit code 0: the history is whole. 1: a decision was changed, moved, taken out, or is signed by nobody given.
    """
    from proofbox.reports.console import safe_terminal
    from proofbox.reports.review.history import read_history
    from proofbox.reports.review.wording import decision_line
    from proofbox.runners.office.asking import trusted_keys
    from proofbox.runners.office.reviewing import digest_of
    from proofbox.runners.office.telling import history_json

    stamps = cast("tuple[Path, ...]", given["tsa_certificates"])
    trusted = trusted_keys(cast("tuple[Path, ...]", given["reviewer_keys"]), stamps)
    history = read_history(reviews, digest_of(bundle), trusted)
    if given["json"]:
        print(json.dumps(history_json(history), ensure_ascii=False))
        return
    print(f"{history.state}: bundle {history.bundle}")
    for one in history.decided:
        signed = "signature not verified: no --reviewer-key"
        if one.by is not None:
            signed = f"verified, {one.by.name or 'key'} {one.by.keyid[:16]}"
        print(safe_terminal(f"{decision_line(one.decision)} [{signed}]"))


@command.command("decide")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--state", required=True, help="under-review, changes-requested, approved, rejected or revoked.")
@click.option("--reason", required=True, help="Why, in words that the submitter will read.")
@click.option("--reviewer", required=True, help="Name of the person who decides.")
@click.option("--until", help="Last day (YYYY-MM-DD) of an approval.")
@click.option("--max-users", type=click.IntRange(min=1), help="Most users of an approval.")
@click.option("--region", "regions", multiple=True, help="Region of an approval, as VN-HN (ISO 3166-2); repeatable.")
@click.option("--on", "day", help="Day (YYYY-MM-DD) from which it holds.  [default: today]")
@signing_options
@click.option(
    "--submitter-key",
    type=click.Path(path_type=Path),
    help="Public key or certificate (PEM) that the bundle should be signed by.",
)
@reviewer_keys_option
@stamps_option
@reviews_option
@tracking_uri_option
@click.option("--experiment", help="MLflow experiment of the run.  [default: proofbox/PRODUCT]")
@click.option("--mlflow", "in_mlflow", is_flag=True, help="Say it on the bundle's run in MLflow as well.")
@json_option
def decide(bundle: Path, **given: object) -> None:
    """Decide on BUNDLE (a folder, its .zip, or mlflow:RUN_ID), and sign the decision.

    Nothing is ever overwritten: a decision is added to those before.

    Exit code 0: decided. 1: the bundle or an earlier decision is not what was signed. 2: it may not be decided so.

    Example: proofbox review decide evidence --state under-review --reason Complete --reviewer 'Lan Anh' --key my.key
    """
    from proofbox.reports.console import safe_terminal
    from proofbox.reports.review.wording import decision_line
    from proofbox.runners.errors import UsageError
    from proofbox.runners.office.asking import asked_of, expected_of
    from proofbox.runners.office.reviewing import decide
    from proofbox.runners.office.telling import decided_json, tell_mlflow
    from proofbox.runners.signed.signing import signer_of, stamper_of

    signer = signer_of(given)
    if signer is None:
        raise UsageError("got no key, expected --key FILE or --token ('proofbox keys generate' makes one)")
    reviews, store = cast("Path", given["reviews"]), cast("str | None", given["tracking_uri"])
    signing = signer, stamper_of(given)
    content, added = decide(bundle, asked_of(given), signing, reviews, expected_of(given), store)
    if given["in_mlflow"]:
        tell_mlflow(content, added, given)
    if given["json"]:
        print(json.dumps(decided_json(added), ensure_ascii=False))
        return
    decision = added.decision
    print(safe_terminal(decision_line(decision)))
    print(f"{reviews / decision.subject.bundle}: sha256 {added.digest}")
    if decision.state == "approved" and decision.subject.conclusion != "conforms":
        click.echo(f"note: the assessment's own conclusion is '{decision.subject.conclusion}'", err=True)
    if decision.submitter.signature != "verified":
        click.echo(_note(decision.submitter.signature), err=True)


def _note(signature: str) -> str:
    """Say what the signature under the bundle was worth as it was decided on."""
    if signature == "unsigned":
        return "note: nobody signed this bundle, so that nothing proves who made it"
    return "note: the bundle is signed, and nobody looked by whom; give the signer's public key: --submitter-key"
