"""Read the provenance records of a submission, in whatever of the known formats they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from proofbox.checks.artefacts.files import read_submitted
from proofbox.checks.dataparts import data_digest
from proofbox.checks.documents.document import Document
from proofbox.checks.documents.jsontext import MAX_BYTES, read_json
from proofbox.checks.documents.problem import Problem, RefusedError
from proofbox.checks.documents.validation import MOST_PROBLEMS
from proofbox.checks.documents.yamltext import read_yaml
from proofbox.checks.errors import BadDataError
from proofbox.checks.records.actual import path_of_role
from proofbox.checks.records.compact import read_compact
from proofbox.checks.records.croissant import read_croissant
from proofbox.checks.records.model import COMPACT, Record
from proofbox.checks.records.provjson import is_prov, read_prov
from proofbox.checks.records.standards import is_standards, read_standards
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text, t

MAX_YAML_BYTES = 262_144
"""YAML is read a hundred times slower than JSON."""

_LONGEST = 300
"""Characters of a foreign text that stand in a sentence."""


@dataclass(frozen=True, slots=True)
class NoRecord:
    """There is no record that can be read, and why."""

    reason: Text
    absent: bool
    """Whether the submission names none; else there is one and it is broken."""


def read_role(subject: Subject, role: str) -> Record | NoRecord:
    """Return the record of the data in a role (``evaluation``, ``training``), or why there is none.

    A record that cannot be read is no error of ours but a fault of the record, hence a value and not an exception.
    """
    path = subject.provenance.get(role)
    if path is None:
        return NoRecord(t("there is no provenance record of the {role} data", role=role), absent=True)
    try:
        return _read(subject, path, role)
    except RefusedError as err:
        one = err.problem
        reason = t(
            "the provenance record {file} cannot be read: line {line}, column {column}: got {got}, expected {expected}",
            file=one.file, line=one.line, column=one.column, got=_short(one.got), expected=_short(one.expected),
        )  # fmt: skip
    except BadDataError as err:
        reason = t("the provenance record cannot be read: {why}", why=str(err))
    return NoRecord(reason, absent=False)


def problem_text(one: Problem) -> Text:
    """Return what is wrong with one place of a record that can be read, as a sentence."""
    return t(
        "{file}, line {line}, column {column}, {where}: got {got}, expected {expected}",
        file=one.file, line=one.line, column=one.column, where=_short(one.where) or "-", got=_short(one.got),
        expected=_short(one.expected),
    )  # fmt: skip


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _read(subject: Subject, path: str, role: str) -> Record:
    raw = read_submitted(subject.root, path, MAX_BYTES)
    file = path_of_role(subject, role) or ""
    digest = data_digest(subject.files, file)
    return _record(raw, path, file, digest)


@lru_cache(maxsize=8)
def _record(raw: bytes, path: str, file: str, sha256: str | None) -> Record:
    """Return the record that these bytes are; remembered, since every check of provenance asks for it."""
    document = _document(raw, path)
    data = document.data if isinstance(document.data, dict) else {}
    if data.get("schema") == COMPACT:
        record = read_compact(document, path)
    elif "@context" in data or "@type" in data:
        record = read_croissant(document, path)
    elif is_standards(data):
        record = read_standards(document, path)
    elif is_prov(data):
        record = read_prov(document, path, file, sha256)
    else:
        expected = (
            f"'schema: {COMPACT}', Croissant ('@context'), the Data Provenance Standards ('source', 'provenance' and "
            "'use') or PROV-JSON ('entity')"
        )
        raise RefusedError(document.problem(("schema",), got="a record of another kind", expected=expected))
    if len(record.problems) >= MOST_PROBLEMS:
        # With more mistakes than are counted, it is not known which of its values can be taken.
        got = f"{MOST_PROBLEMS} mistakes or more, the first in line {record.problems[0].line}"
        raise RefusedError(document.problem((), got=got, expected=f"a record as {record.format} has it"))
    return record


def _document(raw: bytes, path: str) -> Document:
    """Return a file as plain data: JSON where it begins as JSON does, else YAML."""
    begins = raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if path.endswith((".yaml", ".yml")) or (begins not in (b"{", b"[") and not path.endswith((".json", ".jsonld"))):
        return read_yaml(raw, path, MAX_YAML_BYTES)
    return read_json(raw, path)
