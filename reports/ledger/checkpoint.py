"""The head of a ledger as a statement that somebody else keeps or signs, so that a later rewrite is found.

A chain of digests proves nothing against its own writer, who can compute it anew. Somebody who holds an earlier head,
signed or not, can: the ledger of today must still have that head at that place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from proofbox.reports.canonical import canonical_bytes, strict_json
from proofbox.reports.errors import CanonicalError
from proofbox.reports.ledger.errors import LedgerError
from proofbox.reports.signing.statement import STATEMENT_TYPE

if TYPE_CHECKING:
    from proofbox.reports.ledger.reading import Ledger

PREDICATE_TYPE = "urn:proofbox:ledger-head:v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A ledger's head at one time."""

    entries: int
    """Number of lines, at least 1."""
    first: str
    """sha256 of the first line: which ledger it is."""
    head: str
    """sha256 of the last line."""
    at: str
    """When the checkpoint was made, ISO 8601, UTC."""


def checkpoint_of(ledger: Ledger, at: str) -> Checkpoint:
    """Return the checkpoint of a ledger.

    Raises
    ------
    LedgerError
        It is empty, or something in it is wrong: a bad chain is not put under a signature.
    """
    if ledger.faults:
        raise LedgerError(f"the ledger is not whole: {ledger.faults[0]}; expected a whole one")
    if not ledger.lines:
        raise LedgerError("the ledger is empty: there is nothing to put under a checkpoint")
    return Checkpoint(entries=len(ledger.lines), first=ledger.lines[0].digest, head=ledger.head, at=at)


def checkpoint_bytes(checkpoint: Checkpoint) -> bytes:
    """Return the in-toto statement of a checkpoint, as canonical JSON."""
    return canonical_bytes(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": "proofbox-ledger", "digest": {"sha256": checkpoint.head}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "entries": checkpoint.entries,
                "first": {"sha256": checkpoint.first},
                "at": checkpoint.at,
            },
        }
    )


def read_checkpoint(raw: bytes, name: str) -> Checkpoint:
    """Return the checkpoint of a statement's bytes.

    Raises
    ------
    LedgerError
        They are no statement of a ledger's head.
    """
    try:
        document = cast("dict[str, Any]", strict_json(raw))
        predicate = document["predicate"]
        checkpoint = Checkpoint(
            entries=int(predicate["entries"]),
            first=str(predicate["first"]["sha256"]),
            head=str(document["subject"][0]["digest"]["sha256"]),
            at=str(predicate["at"]),
        )
        whole = checkpoint.entries >= 1 and checkpoint_bytes(checkpoint) == canonical_bytes(document)
    except (CanonicalError, ValueError, KeyError, IndexError, TypeError) as err:
        raise LedgerError(f"{name}: got no checkpoint ({type(err).__name__}), expected {PREDICATE_TYPE}") from err
    if not whole:
        raise LedgerError(f"{name}: got a statement of another kind, expected {PREDICATE_TYPE}")
    return checkpoint


def against(ledger: Ledger, checkpoint: Checkpoint) -> str:
    """Return what is wrong with a ledger by an earlier checkpoint; empty where the ledger only grew since."""
    if not ledger.lines or ledger.lines[0].digest != checkpoint.first:
        return f"the ledger does not begin with {checkpoint.first[:12]}: another ledger, or one that was written anew"
    if len(ledger.lines) < checkpoint.entries:
        gone = checkpoint.entries - len(ledger.lines)
        return f"the checkpoint of {checkpoint.at} has {checkpoint.entries} entries, and {gone} of them are gone"
    if ledger.lines[checkpoint.entries - 1].digest != checkpoint.head:
        return f"the first {checkpoint.entries} entries are not those of the checkpoint of {checkpoint.at}: rewritten"
    return ""
