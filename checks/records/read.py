"""Read the provenance records of a submission, in whatever of the known formats they are."""

from __future__ import annotations

from dataclasses import dataclass

from proofbox.checks.artefacts.files import read_submitted
from proofbox.checks.documents.document import Document
from proofbox.checks.documents.jsontext import MAX_BYTES, read_json
from proofbox.checks.documents.problem import Problem, RefusedError
from proofbox.checks.documents.yamltext import read_yaml
from proofbox.checks.errors import BadDataError
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
    document = _document(raw, path)
    data = document.data
    if isinstance(data, dict) and data.get("schema") == COMPACT:
        return read_compact(document, path)
    if isinstance(data, dict) and ("@context" in data or "@type" in data):
        return read_croissant(document, path)
    if isinstance(data, dict) and is_standards(data):
        return read_standards(document, path)
    if isinstance(data, dict) and is_prov(data):
        file = next((one.path for one in subject.declared_files if one.role == role), "")
        digest = next((one.sha256 for one in subject.files if one.path == file), None)
        return read_prov(document, path, file, digest)
    raise RefusedError(
        document.problem(
            ("schema",) if isinstance(data, dict) and "schema" in data else (),
            got="a record of another kind",
            expected=f"'schema: {COMPACT}', Croissant ('@context'), the Data Provenance Standards ('source', "
            "'provenance' and 'use') or PROV-JSON ('entity')",
        )
    )


def _document(raw: bytes, path: str) -> Document:
    """Return a file as plain data: JSON where it begins as JSON does, else YAML."""
    begins = raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if path.endswith((".yaml", ".yml")) or (begins not in (b"{", b"[") and not path.endswith((".json", ".jsonld"))):
        return read_yaml(raw, path, MAX_YAML_BYTES)
    return read_json(raw, path)
