"""The entries of a ledger, and the one line of bytes that each of them is.

A line is the canonical JSON (RFC 8785) of an entry. It holds its own number, and the sha256 of the bytes of the line
before it, so that no line can be changed, moved or taken out without the next one telling.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from pydantic import TypeAdapter, ValidationError

from proofbox.policies.record import Conclusion
from proofbox.reports.canonical import canonical_bytes, sha256_hex
from proofbox.reports.errors import CanonicalError

SCHEMA = "proofbox/ledger/v1"
NOTHING_BEFORE = "0" * 64
"""``previous`` of the first entry."""
MOST_LINE_BYTES = 1 << 20
"""A longer line is no entry of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductName:
    """Who provides what; the version is told and does not make another product."""

    name: str
    version: str
    provider: str
    provider_id: str
    """Registration number of the provider; empty where none was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyName:
    """One policy by digest."""

    id: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """What was going to be measured, by which policies and with which seed."""

    product: ProductName
    subject: str
    """sha256 over all files of the submission."""
    evaluation: str
    """sha256 of the evaluation data's file."""
    training: str
    """sha256 of the training data's file; empty where there is none."""
    policies: tuple[PolicyName, ...]
    seed: int
    version: str
    """Version of Proofbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEntry:
    """Written before anything is measured."""

    kind: ClassVar = "attempt"
    entry: int
    """Number of the line, from 1."""
    previous: str
    at: str
    """ISO 8601 with milliseconds, UTC, by the clock of the machine that wrote it."""
    attempt: int
    """Which attempt of this product, from 1."""
    on_data: int
    """Which attempt of this provider on the same evaluation data, from 1."""
    commitment: Commitment


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeEntry:
    """What came of an attempt."""

    kind: ClassVar = "outcome"
    entry: int
    previous: str
    at: str
    of: str
    """sha256 of the attempt's line."""
    result: Literal["finished", "aborted"]
    bundle: str = ""
    """Digest of the evidence bundle, where it finished."""
    conclusion: Conclusion | Literal[""] = ""
    why: str = ""
    """Kind of what ended it, where it was aborted; never its message, which may quote the submission."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TornEntry:
    """Names the line before it, which a writer did not finish. Those bytes stay where they are."""

    kind: ClassVar = "torn"
    entry: int
    previous: str
    at: str
    size: int
    """Bytes of the unfinished line."""


Entry = AttemptEntry | OutcomeEntry | TornEntry

_KINDS: Mapping[str, TypeAdapter[Entry]] = {
    kind.kind: TypeAdapter(kind) for kind in (AttemptEntry, OutcomeEntry, TornEntry)
}


class NotAnEntryError(ValueError):
    """The bytes are no entry; the message says what they are."""


def line_of(entry: Entry) -> bytes:
    """Return the line of an entry, without its end of line."""
    return canonical_bytes({"schema": SCHEMA, "kind": entry.kind, **asdict(entry)})


def entry_of(line: bytes) -> Entry:
    """Return the entry of a line.

    Raises
    ------
    NotAnEntryError
        It is no entry, of another schema, or written in another form than :func:`line_of` gives it.
    """
    if len(line) > MOST_LINE_BYTES:
        raise NotAnEntryError(f"got {len(line)} bytes, expected at most {MOST_LINE_BYTES}")
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as err:
        raise NotAnEntryError("got no JSON") from err
    if not isinstance(document, dict) or document.pop("schema", None) != SCHEMA:
        raise NotAnEntryError(f"got no object with the schema '{SCHEMA}'")
    kind = _KINDS.get(str(document.pop("kind", None)))
    if kind is None:
        raise NotAnEntryError(f"got no kind of entry, expected one of {', '.join(_KINDS)}")
    try:
        entry = kind.validate_json(json.dumps(document), strict=True)
    except ValidationError as err:
        first = err.errors(include_url=False)[0]
        raise NotAnEntryError(f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from err
    if not _is_line_of(entry, line):
        raise NotAnEntryError("got other bytes than the canonical form of what they say")
    return entry


def _is_line_of(entry: Entry, line: bytes) -> bool:
    try:
        return line_of(entry) == line
    except CanonicalError:
        # Numbers that no line of ours can hold.
        return False


def ledger_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one line of a ledger."""
    kinds = []
    definitions: dict[str, Any] = {}
    for name, adapter in _KINDS.items():
        schema = adapter.json_schema(mode="serialization")
        definitions |= schema.pop("$defs", {})
        named = {"schema": {"const": SCHEMA}, "kind": {"const": name}}
        properties = {**named, **schema["properties"]}
        kinds.append({**schema, "properties": properties, "required": list(properties), "additionalProperties": False})
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA}
    return {**head, "oneOf": kinds, "$defs": definitions}


def digest_of(line: bytes) -> str:
    """Return the sha256 of a line's bytes: what the next line names, and what a bundle calls its commitment."""
    return sha256_hex(line)
