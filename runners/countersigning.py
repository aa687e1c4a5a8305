"""Checkpoints of a ledger as files: written, countersigned, and held against the ledger of a later day."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from proofbox.reports.ledger.checkpoint import Checkpoint, checkpoint_bytes, checkpoint_of, read_checkpoint
from proofbox.reports.ledger.reading import read_ledger
from proofbox.runners.errors import UsageError

MOST_BYTES = 1_000_000


def write_checkpoint(ledger: Path, out: Path) -> Checkpoint:
    """Write the statement of a ledger's head to a new file.

    Raises
    ------
    LedgerError
        The ledger cannot be read, or is not whole.
    UsageError
        ``out`` exists or cannot be written.
    """
    made = checkpoint_of(read_ledger(ledger), datetime.now(UTC).isoformat(timespec="seconds"))
    write_new(out, checkpoint_bytes(made))
    return made


def read_kept(path: Path) -> Checkpoint:
    """Read a checkpoint that somebody kept.

    Raises
    ------
    UsageError
        The file cannot be read.
    LedgerError
        It is no checkpoint.
    """
    return read_checkpoint(read_small(path), str(path))


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
