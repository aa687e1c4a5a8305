"""``proofbox ledger``: the log of attempts, written before each was measured."""

from __future__ import annotations

import json
from pathlib import Path

import rich_click as click

from proofbox.runners.commands.options import json_option
from proofbox.runners.commands.signing_options import signing_options, verifying_options

ledger_argument = click.argument("ledger", type=click.Path(path_type=Path), default=Path("proofbox-ledger.jsonl"))


@click.group("ledger")
def command() -> None:
    """Show and verify the log of attempts, and put its head under a checkpoint or a signature (docs/ledger.md)."""


@command.command("show")
@ledger_argument
@click.option("--product", help="Only products whose name holds this text.")
@json_option
def show(ledger: Path, product: str | None, **given: object) -> None:
    """Show every attempt in LEDGER [default: proofbox-ledger.jsonl], with what came of it.

    Exit code 0, also where something is wrong with the ledger: 'ledger verify' tells.
    """
    from proofbox.reports.ledger.reading import read_ledger
    from proofbox.runners.evidence import ledgers

    found = read_ledger(ledger)
    wanted = (product or "").casefold()
    attempts = [one for one in found.attempts() if wanted in one.entry.commitment.product.name.casefold()]
    again = ledgers.repeated(attempts)
    if given["json"]:
        print(
            json.dumps(
                {
                    "attempts": [ledgers.attempt_json(one) for one in attempts],
                    "same_data": [{"evaluation": data, "attempts": len(several)} for data, several in again],
                    "whole": not found.faults,
                },
                ensure_ascii=False,
            )
        )
        return
    for attempt in attempts:
        print(ledgers.attempt_line(attempt))
    for data, several in again:
        print(f"{len(several)} attempts on the same evaluation data, sha256 {data}")
    if found.faults:
        click.echo(f"the ledger is not whole ({len(found.faults)} faults): see 'proofbox ledger verify'", err=True)


@command.command("verify")
@ledger_argument
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    help="Earlier checkpoint that somebody else kept; LEDGER must still begin with what it names.",
)
@verifying_options
@json_option
def verify(ledger: Path, checkpoint: Path | None, **given: object) -> None:
    """Verify that nothing in LEDGER was edited, moved, taken out or torn.

    --key is of whoever countersigned the checkpoint.

    Exit code 0: whole. 1: it is not, or it was rewritten since the checkpoint. 2: there is no ledger.
    """
    from proofbox.reports.ledger.reading import read_ledger
    from proofbox.runners.evidence.ledgers import LedgerCheck

    found = read_ledger(ledger)
    check = LedgerCheck(ledger=found)
    if checkpoint is not None:
        from proofbox.reports.ledger.checkpoint import against
        from proofbox.runners.signed.countersigning import read_kept
        from proofbox.runners.signed.signing import verifier_of

        kept = read_kept(checkpoint, verifier_of(given))
        check = LedgerCheck(ledger=found, since_checkpoint=against(found, kept.checkpoint), kept=kept)
    if given["json"]:
        print(json.dumps(check.to_json(), ensure_ascii=False))
    else:
        for line in check.lines():
            print(line)
    raise SystemExit(0 if check.well else 1)


@command.command("checkpoint")
@ledger_argument
@click.option("--out", type=click.Path(path_type=Path), required=True, help="New file for the statement.")
@json_option
def checkpoint(ledger: Path, out: Path, **given: object) -> None:
    """Write the head of LEDGER as a statement for somebody else to keep.

    Exit code 0: written. 2: LEDGER is not whole, or OUT exists.
    """
    from proofbox.runners.signed.countersigning import write_checkpoint

    made = write_checkpoint(ledger, out)
    if given["json"]:
        print(json.dumps({"out": str(out), "entries": made.entries, "head": made.head, "first": made.first}))
    else:
        print(f"{out}: {made.entries} entries, head sha256 {made.head}")


@command.command("countersign")
@ledger_argument
@click.option("--out", type=click.Path(path_type=Path), required=True, help="New file for the signed statement.")
@click.option(
    "--after", type=click.Path(path_type=Path), help="Checkpoint that was signed or kept before; it must still hold."
)
@signing_options
@json_option
def countersign(ledger: Path, out: Path, after: Path | None, **given: object) -> None:
    """Sign the head of LEDGER with your own key, so that a later rewrite is found.

    Exit code 0: signed. 2: no key, LEDGER is not whole, was rewritten since AFTER, or OUT exists.
    """
    from proofbox.runners.errors import UsageError
    from proofbox.runners.signed.countersigning import read_kept, write_checkpoint
    from proofbox.runners.signed.signing import signer_of, stamper_of

    signer = signer_of(given)
    if signer is None:
        raise UsageError("got no key, expected --key FILE ('proofbox keys generate' makes one)")
    before = None if after is None else read_kept(after).checkpoint
    made = write_checkpoint(ledger, out, (signer, stamper_of(given)), before)
    if given["json"]:
        print(json.dumps({"out": str(out), "entries": made.entries, "head": made.head, "keyid": signer.keyid}))
    else:
        print(f"{out}: {made.entries} entries, head sha256 {made.head}, signed with the key {signer.keyid}")
