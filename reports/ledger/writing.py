"""Append to a ledger: under a lock, synced to the disk, and never anything but whole lines at the end.

A writer that is killed leaves either its whole line or the beginning of one. The next writer ends such a line and names
it in an entry of its own: the torn bytes stay, and nothing is repaired in silence.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from proofbox.policies.record import AttemptRecord, Conclusion
from proofbox.reports.folder import sync_folder
from proofbox.reports.ledger.entries import (
    AttemptEntry,
    Commitment,
    Entry,
    OutcomeEntry,
    TornEntry,
    digest_of,
    line_of,
)
from proofbox.reports.ledger.errors import LedgerError
from proofbox.reports.ledger.numbering import numbers
from proofbox.reports.ledger.reading import Ledger, parse_ledger

FILE_NAME = "proofbox-ledger.jsonl"
LOCK_SECONDS = 30.0
"""How long a writer waits for another one; a write takes milliseconds."""


def commit(path: Path, commitment: Commitment) -> AttemptRecord:
    """Write down what is going to be measured, and return which attempt it is.

    The line is on the disk when this returns. A missing ledger is begun.

    Raises
    ------
    LedgerError
        The ledger cannot be locked or written, or a line in it does not follow from the one before: an attempt that is
        appended to a ledger that was altered would make it look whole.
    """

    def attempt(ledger: Ledger, number: int, previous: str) -> AttemptEntry:
        own, on_data = numbers(commitment, (one.entry for one in ledger.attempts()))
        return AttemptEntry(
            entry=number, previous=previous, at=_now(), attempt=own, on_data=on_data, commitment=commitment
        )

    line, entry = _append(path, attempt)
    assert isinstance(entry, AttemptEntry)
    return AttemptRecord(number=entry.attempt, on_data=entry.on_data, entry=entry.entry, commitment=digest_of(line))


def finish(path: Path, commitment: str, *, bundle: str, conclusion: Conclusion) -> None:
    """Write down that an attempt came to its end, with the digest of its evidence bundle.

    Raises
    ------
    LedgerError
        As :func:`commit`.
    """
    _append(
        path,
        lambda _ledger, number, previous: OutcomeEntry(
            entry=number,
            previous=previous,
            at=_now(),
            of=commitment,
            result="finished",
            bundle=bundle,
            conclusion=conclusion,
        ),
    )


def abort(path: Path, commitment: str, why: str) -> None:
    """Write down that an attempt was ended before there was a bundle; ``why`` is the kind of what ended it.

    Raises
    ------
    LedgerError
        As :func:`commit`.
    """
    _append(
        path,
        lambda _ledger, number, previous: OutcomeEntry(
            entry=number, previous=previous, at=_now(), of=commitment, result="aborted", why=why
        ),
    )


def _append(path: Path, make: Callable[[Ledger, int, str], Entry]) -> tuple[bytes, Entry]:
    try:
        with _locked(path) as file:
            raw = _content(file)
            ledger = parse_ledger(raw)
            if out := _seal(ledger):
                ledger = parse_ledger(raw + out)
            if ledger.faults:
                raise LedgerError(
                    f"{path}: {ledger.faults[0]}; nothing is appended to a ledger that was altered: keep it as it is, "
                    "and begin a new one with --ledger FILE"
                )
            entry = make(ledger, len(ledger.lines) + 1, ledger.head)
            line = line_of(entry)
            _write(file, out + line + b"\n")
            return line, entry
    except OSError as err:
        raise LedgerError(f"{path}: the ledger cannot be written ({err.strerror})") from err


def _seal(ledger: Ledger) -> bytes:
    """Return what ends an unfinished last line and names it; nothing where there is none."""
    if not ledger.torn:
        return b""
    number, size = len(ledger.lines) + 2, len(ledger.torn)
    torn = TornEntry(entry=number, previous=digest_of(ledger.torn), at=_now(), size=size)
    return b"\n" + line_of(torn) + b"\n"


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _lock(file, path)
        if new:
            sync_folder(path.parent)
        yield file
    finally:
        os.close(file)


def _lock(file: int, path: Path) -> None:
    patience = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            if time.monotonic() > patience:
                raise LedgerError(f"{path}: the ledger is held by another program for {LOCK_SECONDS:.0f} s") from err
            time.sleep(0.01)
        else:
            return


def _content(file: int) -> bytes:
    parts = []
    os.lseek(file, 0, os.SEEK_SET)
    while part := os.read(file, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _write(file: int, raw: bytes) -> None:
    while raw:
        raw = raw[os.write(file, raw) :]
    os.fsync(file)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
