"""The log that a system keeps of itself: one JSON object a line, each bound to the line before by its digest.

A line holds ``time`` (RFC 3339 with an offset), ``event``, ``previous`` (SHA-256 over the bytes of the line before,
without its line end; 64 zeros in the first line) and whatever else the system writes. A line that was changed, taken
out or put in breaks the chain at the line after it. Lines at the end that were cut off are not seen by the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from proofbox.checks.artefacts.files import read_submitted
from proofbox.checks.errors import BadDataError
from proofbox.checks.result import Json, Measurement, exact
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text, t

MOST_BYTES = 50_000_000
MOST_LINE_BYTES = 100_000
MOST_LISTED = 20
FIRST = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line that could be read."""

    line: int
    """1-based."""
    time: datetime
    event: str
    said: Mapping[str, object]
    """Everything in the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationLog:
    """A whole log."""

    lines: int
    events: tuple[Event, ...]
    unreadable: tuple[int, ...]
    """Lines that are no such object."""
    breaks: tuple[int, ...]
    """Lines whose ``previous`` is not the digest of the line before."""


def read_operation_log(subject: Subject) -> OperationLog | Text:
    """Read the log under ``documents.operation_log``, or say why there is none to read."""
    path = subject.documents.get("operation_log")
    if path is None:
        return t("the submission names no such document (documents.{key})", key="operation_log")
    try:
        raw = read_submitted(subject.root, path, MOST_BYTES)
    except BadDataError as err:
        return t("the document cannot be read: {why}", why=str(err))
    lines = raw.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    if not lines:
        return t("the log has no line")
    return _log([line.removesuffix(b"\r") for line in lines])


def _log(lines: list[bytes]) -> OperationLog:
    events: list[Event] = []
    unreadable: list[int] = []
    breaks: list[int] = []
    before = FIRST
    for number, (line, said) in enumerate(zip(lines, map(_object, lines), strict=True), 1):
        found = None if said is None else _event(number, said)
        if found is None:
            unreadable.append(number)
        else:
            events.append(found)
        if said is None or said.get("previous") != before:
            breaks.append(number)
        before = hashlib.sha256(line).hexdigest()
    return OperationLog(lines=len(lines), events=tuple(events), unreadable=tuple(unreadable), breaks=tuple(breaks))


def _object(line: bytes) -> dict[str, object] | None:
    if len(line) > MOST_LINE_BYTES:
        return None
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _event(number: int, said: Mapping[str, object]) -> Event | None:
    time, event = said.get("time"), said.get("event")
    if not isinstance(time, str) or not isinstance(event, str) or not event:
        return None
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        return None
    # A time without an offset names no moment.
    return None if moment.tzinfo is None else Event(line=number, time=moment, event=event, said=said)


def of_kind(log: OperationLog, kind: str) -> Iterator[Event]:
    """Yield the events of one kind, in the order of the file."""
    return (event for event in log.events if event.event == kind)


def exact_lines(measure: str, lines: Sequence[int], sample_size: int) -> Measurement:
    """Return how many lines there are; the first ones stand in ``detail``."""
    listed: list[Json] = [*lines[:MOST_LISTED]]
    return exact(measure, len(lines), sample_size, {"lines": listed})
