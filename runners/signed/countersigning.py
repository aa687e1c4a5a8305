"""Checkpoints of a ledger as files: written, countersigned, and held against the ledger of a later day."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.ledger.checkpoint import (
    PREDICATE_TYPE,
    Checkpoint,
    against,
    checkpoint_bytes,
    checkpoint_of,
    read_checkpoint,
)
from proofbox.reports.ledger.errors import LedgerError
from proofbox.reports.ledger.reading import read_ledger
from proofbox.reports.signing.door import sign_bytes, verify_envelope
from proofbox.reports.signing.dsse import read_envelope
from proofbox.reports.signing.errors import BadEnvelopeError
from proofbox.runners.errors import UsageError

if TYPE_CHECKING:
    from proofbox.reports.signing.interface import Signer, Stamper, Verifier

MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A checkpoint that somebody kept."""

    checkpoint: Checkpoint
    keyid: str
    """The key under it, 64 hex digits; empty where it is unsigned."""
    verified: bool
    """Whether that signature was verified with a key that was given."""


def write_checkpoint(
    ledger: Path,
    out: Path,
    signing: tuple[Signer, Stamper | None] | None = None,
    after: Checkpoint | None = None,
) -> Checkpoint:
    """Write the statement of a ledger's head to a new file.

    Parameters
    ----------
    signing
        Who signs it, and the authority that attests when; None: it is not signed.
    after
        An earlier checkpoint, which must still hold.

    Raises
    ------
    LedgerError
        The ledger cannot be read, is not whole, or was rewritten since ``after``.
    SigningFailedError
        A token refused.
    UsageError
        ``out`` exists or cannot be written.
    """
    found = read_ledger(ledger)
    made = checkpoint_of(found, datetime.now(UTC).isoformat(timespec="seconds"))
    if after is not None and (wrong := against(found, after)):
        raise LedgerError(f"{ledger}: {wrong}; nothing was signed")
    raw = checkpoint_bytes(made)
    write_new(out, raw if signing is None else sign_bytes(raw, *signing))
    return made


def read_kept(path: Path, verifier: Verifier | None = None) -> Kept:
    """Read a checkpoint that somebody kept.

    Parameters
    ----------
    verifier
        Who should have signed it; None: a signature is not verified.

    Raises
    ------
    UsageError
        The file cannot be read.
    LedgerError
        It is no checkpoint.
    SignatureError
        It is not signed, or not by whom it should be.
    """
    raw = read_small(path)
    if verifier is not None:
        signed = verify_envelope(raw, verifier, predicate_type=PREDICATE_TYPE, now=datetime.now(UTC))
        checkpoint = read_checkpoint(signed.payload, str(path))
        return Kept(checkpoint=checkpoint, keyid=signed.by.keyid, verified=True)
    try:
        envelope = read_envelope(raw)
    except BadEnvelopeError:
        return Kept(checkpoint=read_checkpoint(raw, str(path)), keyid="", verified=False)
    checkpoint = read_checkpoint(envelope.payload, str(path))
    return Kept(checkpoint=checkpoint, keyid=envelope.keyid, verified=False)


def read_small(path: Path) -> bytes:
    """Return the bytes of a statement's or an envelope's file.

    Raises
    ------
    UsageError
        It cannot be read, or is too long to be one.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as err:
        raise UsageError(f"{path}: cannot be read ({err.strerror})") from err
    if len(raw) > MOST_BYTES:
        raise UsageError(f"{path}: got more than {MOST_BYTES} bytes, expected a statement or an envelope")
    return raw


def write_new(out: Path, raw: bytes) -> None:
    """Write a file that must not be there yet, synced to the disk.

    Raises
    ------
    UsageError
        It is there, or cannot be written.
    """
    try:
        with out.open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as err:
        raise UsageError(f"{out}: exists already; what was signed or kept is never overwritten") from err
    except OSError as err:
        raise UsageError(f"{out}: cannot be written ({err.strerror})") from err
