"""Provenance records of data, whatever their spelling, as one record of named fields.

Read are Croissant 1.0 and 1.1 (JSON-LD) with the RAI vocabulary, and our own compact JSON (``schema:
proofbox/provenance/v1``), whose keys are the field names below. Of ``dataCollectionTimeframe`` and
``dataManipulationProtocol`` both spellings in use are read, the RAI specification's and the mlcroissant library's.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from proofbox.checks.artefacts.files import read_submitted
from proofbox.checks.errors import BadDataError
from proofbox.checks.result import Json
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text, t

COMPACT = "proofbox/provenance/v1"
MOST_BYTES = 5_000_000
MOST_DEPTH = 64

CROISSANT_KEYS: Mapping[str, tuple[str, ...]] = {
    "name": ("name",),
    "description": ("description",),
    "license": ("license",),
    "creator": ("creator", "prov:wasAttributedTo"),
    "date": ("datePublished", "dateCreated", "dateModified"),
    "source": ("url", "prov:wasDerivedFrom", "isBasedOn"),
    "sha256": ("distribution",),
    "collection": ("rai:dataCollection", "rai:dataCollectionType"),
    "intended_use": ("rai:dataUseCases", "usageInfo"),
    "version": ("version",),
    "publisher": ("publisher",),
    "citation": ("citeAs", "citation"),
    "timeframe": ("rai:dataCollectionTimeframe", "rai:dataCollectionTimeFrame", "temporalCoverage"),
    "geography": ("spatialCoverage",),
    "missing_data": ("rai:dataCollectionMissingData", "rai:dataImputationProtocol"),
    "preprocessing": (
        "rai:dataPreprocessingProtocol",
        "rai:dataManipulationProtocol",
        "rai:dataDataManipulationProtocol",
        "prov:wasGeneratedBy",
    ),
    "annotation": ("rai:dataAnnotationProtocol", "rai:dataAnnotationAnalysis", "rai:machineAnnotationTools"),
    "personal_data": ("rai:personalSensitiveInformation",),
    "limitations": ("rai:dataLimitations",),
    "biases": ("rai:dataBiases", "rai:dataSocialImpact"),
    "maintenance": ("rai:dataReleaseMaintenancePlan",),
}
"""Our field -> the Croissant keys that state it; the first that is filled counts."""

FIELDS = tuple(CROISSANT_KEYS)

_EMPTY_WORDS = frozenset(
    {"", "-", "?", "n/a", "na", "none", "null", "tbd", "todo", "unknown", "xxx", "..."}
    | {"không rõ", "chưa rõ", "không có", "chưa có", "chưa xác định", "không xác định", "đang cập nhật"}
)
"""In English and Vietnamese, in Unicode form NFC and folded to one case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One provenance record."""

    path: str
    format: str
    """``croissant`` or :data:`COMPACT`."""
    fields: Mapping[str, Json]
    """Field -> its value, for the fields that are filled."""
    digests: tuple[tuple[str, str], ...]
    """(name of the file, digest as written); the name is empty where the record is of one file."""

    def digests_of(self, path: str) -> tuple[str, ...]:
        """Return the digests declared for a file: by its path or name, or as the one file that the record is of."""
        name = PurePosixPath(path).name
        return tuple(digest for of, digest in self.digests if of in ("", path) or PurePosixPath(of).name == name)


def read_record(subject: Subject, path: str) -> Record | Text:
    """Read a provenance record; return why it cannot be read where it cannot.

    A record that cannot be read is no error of ours but a fault of the record, hence a value and not an exception.
    """
    try:
        document = _parse(read_submitted(subject.root, path, MOST_BYTES))
    except BadDataError as err:
        return t("the provenance record cannot be read: {why}", why=str(err))
    if not isinstance(document, dict):
        return t("the provenance record {path} is not a JSON object", path=path)
    if document.get("schema") == COMPACT:
        return _compact(path, document)
    if "@context" in document or "@type" in document:
        return _croissant(path, document)
    return t(
        "the provenance record {path} is neither Croissant JSON-LD (it has no @context) nor of schema {schema}",
        path=path,
        schema=COMPACT,
    )


def is_filled(value: Json) -> bool:
    """Return whether a value says anything: not empty, and no placeholder."""
    if value is None:
        return False
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).strip().casefold() not in _EMPTY_WORDS
    if isinstance(value, list):
        return any(is_filled(item) for item in value)
    if isinstance(value, dict):
        return any(is_filled(item) for key, item in value.items() if key not in ("@type", "@context"))
    return True


def _parse(content: bytes) -> Json:
    """Parse JSON; every way in which foreign bytes can fail becomes one error with a position where there is one."""
    try:
        document: Json = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except json.JSONDecodeError as err:
        raise BadDataError(f"line {err.lineno}, column {err.colno}: {err.msg}") from err
    except (ValueError, RecursionError) as err:
        raise BadDataError("it is not JSON in UTF-8, or nested too deeply") from err
    level: list[Json] = [document]
    for _ in range(MOST_DEPTH):
        level = [child for value in level for child in _children(value)]
        if not level:
            return document
    raise BadDataError(f"it is nested more than {MOST_DEPTH} levels deep")


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _children(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _compact(path: str, document: Mapping[str, Json]) -> Record:
    fields = {name: document[name] for name in FIELDS if is_filled(document.get(name))}
    declared = document.get("sha256")
    digests: list[tuple[str, str]] = []
    if isinstance(declared, str):
        digests = [("", declared)]
    elif isinstance(declared, dict):
        digests = [(name, digest) for name, digest in declared.items() if isinstance(digest, str)]
    return Record(path=path, format=COMPACT, fields=fields, digests=tuple(digests))


def _croissant(path: str, document: Mapping[str, Json]) -> Record:
    plain = {_plain_key(key): value for key, value in document.items()}
    fields: dict[str, Json] = {}
    for name, keys in CROISSANT_KEYS.items():
        found = next((plain[key] for key in keys if is_filled(plain.get(key))), None)
        if found is not None and name != "sha256":
            fields[name] = found
    digests = tuple(_distribution_digests(plain.get("distribution")))
    if digests:
        fields["sha256"] = [digest for _, digest in digests]
    return Record(path=path, format="croissant", fields=fields, digests=digests)


def _plain_key(key: str) -> str:
    """Return a key with the prefixes that records in the wild write, or leave out, made equal."""
    for long, short in _PREFIXES.items():
        if key.startswith(long):
            return short + key.removeprefix(long)
    return key if key not in _RAI else f"rai:{key}"


_PREFIXES = {
    "http://mlcommons.org/croissant/RAI/": "rai:",
    "https://schema.org/": "",
    "http://schema.org/": "",
    "schema:": "",
    "sc:": "",
    "cr:": "",
    "http://www.w3.org/ns/prov#": "prov:",
}
_RAI = frozenset(key.removeprefix("rai:") for keys in CROISSANT_KEYS.values() for key in keys if key.startswith("rai:"))


def _distribution_digests(value: Json) -> Iterator[tuple[str, str]]:
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            continue
        plain = {_plain_key(key): found for key, found in item.items()}
        digest, name = plain.get("sha256"), plain.get("contentUrl") or plain.get("name")
        if isinstance(digest, str) and is_filled(digest):
            yield (name if isinstance(name, str) else ""), digest
