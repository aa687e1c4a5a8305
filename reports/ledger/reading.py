"""Read a ledger from its bytes, and name every line that does not follow from the one before.

Reading never refuses: whatever was done to a ledger, its reader is shown what is still there and what is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from proofbox.reports.ledger.entries import (
    NOTHING_BEFORE,
    AttemptEntry,
    Entry,
    NotAnEntryError,
    OutcomeEntry,
    TornEntry,
    digest_of,
    entry_of,
)
from proofbox.reports.ledger.errors import LedgerError
from proofbox.reports.ledger.numbering import Key, data_key, product_key

FaultKind = Literal["torn", "malformed", "edited", "reordered", "deleted", "misnumbered", "contradictory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with a ledger."""

    kind: FaultKind
    line: int
    """The line that tells of it, from 1."""
    what: str

    def __str__(self) -> str:
        """Return one line for a person."""
        return f"line {self.line}: {self.kind}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the file; ``entry`` is None where it is none."""

    number: int
    digest: str
    size: int
    entry: Entry | None
    wrong: str = ""
    """Why it is no entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An attempt with what came of it; ``outcome`` is None where that was never written."""

    entry: AttemptEntry
    commitment: str
    """sha256 of the attempt's line."""
    outcome: OutcomeEntry | None

    @property
    def result(self) -> str:
        """``finished``, ``aborted``, or ``no-outcome``: killed, or still running."""
        return self.outcome.result if self.outcome else "no-outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """A ledger as it was read."""

    lines: tuple[Line, ...]
    torn: bytes
    """The unfinished last line; empty where the file ends with an end of line."""
    faults: tuple[Fault, ...]

    @property
    def head(self) -> str:
        """sha256 of the last whole line; of none, 64 zeros."""
        return self.lines[-1].digest if self.lines else NOTHING_BEFORE

    def attempts(self) -> tuple[Attempt, ...]:
        """Return every attempt in the order in which they were begun."""
        outcomes: dict[str, OutcomeEntry] = {}
        for line in self.lines:
            if isinstance(line.entry, OutcomeEntry):
                outcomes.setdefault(line.entry.of, line.entry)
        return tuple(
            Attempt(entry=line.entry, commitment=line.digest, outcome=outcomes.get(line.digest))
            for line in self.lines
            if isinstance(line.entry, AttemptEntry)
        )


def read_ledger(path: Path) -> Ledger:
    """Read a ledger.

    Raises
    ------
    LedgerError
        There is no such file, or it cannot be read.
    """
    try:
        return parse_ledger(path.read_bytes())
    except OSError as err:
        raise LedgerError(f"{path}: the ledger cannot be read ({err.strerror})") from err


def parse_ledger(raw: bytes) -> Ledger:
    """Return the ledger of a file's bytes, with everything that is wrong with it."""
    *whole, torn = raw.split(b"\n")
    lines = tuple(_line(number, line) for number, line in enumerate(whole, start=1))
    faults = [*_chain(lines), *_counts(lines), *_outcomes(lines)]
    if torn:
        what = f"the last line ends after {len(torn)} bytes without an end of line: its writer was ended in the middle"
        faults.append(Fault(kind="torn", line=len(lines) + 1, what=what))
    return Ledger(lines=lines, torn=torn, faults=tuple(sorted(faults, key=lambda fault: fault.line)))


def _line(number: int, raw: bytes) -> Line:
    try:
        return Line(number=number, digest=digest_of(raw), size=len(raw), entry=entry_of(raw))
    except NotAnEntryError as err:
        return Line(number=number, digest=digest_of(raw), size=len(raw), entry=None, wrong=str(err))


def _chain(lines: Sequence[Line]) -> Iterator[Fault]:
    """Yield what breaks the chain: each line must carry its own number and name the digest of the line before."""
    numbers = {line.entry.entry for line in lines if line.entry is not None}
    digests = {line.digest for line in lines}
    before, expected = NOTHING_BEFORE, 1
    for index, line in enumerate(lines):
        entry = line.entry
        if entry is None:
            if not _sealed(lines, index):
                yield Fault(kind="malformed", line=line.number, what=f"{line.wrong}, expected an entry")
        elif entry.entry > expected and not numbers.intersection(range(expected, min(entry.entry, expected + 10_000))):
            gone = f"entry {expected}" if entry.entry == expected + 1 else f"entries {expected} to {entry.entry - 1}"
            yield Fault(kind="deleted", line=line.number, what=f"{gone} stood here and is gone")
            expected = entry.entry
        elif entry.entry != expected:
            what = f"entry {entry.entry} stands where entry {expected} belongs"
            yield Fault(kind="reordered", line=line.number, what=what)
        elif entry.previous != before:
            yield _unlinked(line, entry, before, digests)
        before, expected = line.digest, expected + 1


def _unlinked(line: Line, entry: Entry, before: str, digests: set[str]) -> Fault:
    linked = f"entry {entry.entry} follows a line of digest {entry.previous[:12]}"
    if entry.previous in digests:
        return Fault(kind="reordered", line=line.number, what=f"{linked}, which stands elsewhere")
    what = f"{linked}, and the line before it has {before[:12]}: that line was changed after it was written"
    return Fault(kind="edited", line=line.number, what=what)


def _sealed(lines: Sequence[Line], index: int) -> bool:
    """Return whether the next line names this one as torn."""
    after = lines[index + 1].entry if index + 1 < len(lines) else None
    return isinstance(after, TornEntry) and after.previous == lines[index].digest and after.size == lines[index].size


def _counts(lines: Sequence[Line]) -> Iterator[Fault]:
    """Yield attempts whose numbers are not what counting gives."""
    products: Counter[Key] = Counter()
    data: Counter[Key] = Counter()
    for line in lines:
        if not isinstance(line.entry, AttemptEntry):
            continue
        entry, commitment = line.entry, line.entry.commitment
        products[product_key(commitment.product)] += 1
        data[data_key(commitment)] += 1
        counted = products[product_key(commitment.product)], data[data_key(commitment)]
        if (entry.attempt, entry.on_data) != counted:
            what = f"got attempt {entry.attempt} ({entry.on_data} on its data), and counting gives {counted[0]} "
            yield Fault(kind="misnumbered", line=line.number, what=f"{what}({counted[1]} on its data)")


def _outcomes(lines: Sequence[Line]) -> Iterator[Fault]:
    """Yield outcomes of no attempt, and second outcomes of one."""
    begun: set[str] = set()
    ended: set[str] = set()
    for line in lines:
        if isinstance(line.entry, AttemptEntry):
            begun.add(line.digest)
        elif isinstance(line.entry, OutcomeEntry):
            if line.entry.of not in begun:
                what = f"an outcome of the attempt {line.entry.of[:12]}, which no line before it begins"
                yield Fault(kind="contradictory", line=line.number, what=what)
            elif line.entry.of in ended:
                what = f"a second outcome of the attempt {line.entry.of[:12]}"
                yield Fault(kind="contradictory", line=line.number, what=what)
            ended.add(line.entry.of)
