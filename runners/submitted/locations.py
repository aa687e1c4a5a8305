"""Where to look in a submission for what a requirement says: the line of the key that matters, and rows of the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from proofbox.policies.errors import BadDocumentError
from proofbox.policies.yamlfile import read_yaml
from proofbox.reports.exports.entries import Entry, Location, entries
from proofbox.runners.submitted.submission import FILE_NAME

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment
    from proofbox.policies.yamlfile import Document
    from proofbox.runners.submitted.problems import Place

_MODEL: Place = ("model", "path")
_EVALUATION: Place = ("data", "evaluation", "path")
_SENSITIVE: Place = ("data", "evaluation", "sensitive")

_BY_CHECK: Mapping[str, Place] = {
    "data.datasheet": ("documents", "datasheet"),
    "data.label_quality": ("data", "evaluation", "target"),
    "data.representativeness": ("data", "reference", "path"),
    "performance": ("data", "evaluation", "target"),
    "privacy.membership_inference": ("data", "training", "path"),
    "privacy.reidentification": ("declared", "quasi_identifiers"),
    "privacy.sensitive_use": ("model", "features"),
    "provenance.bom": ("documents", "bom"),
    "provenance.leakage": ("data", "training", "path"),
    "provenance.leakage_effect": ("data", "training", "path"),
    "provenance.model_record": _MODEL,
    "provenance": ("data", "evaluation", "provenance"),
    "robustness.drift": ("data", "training", "path"),
    "robustness.invariance": ("declared", "irrelevant"),
    "robustness.monotonicity": ("declared", "monotone"),
    "robustness.unit_slip": ("declared", "units"),
    "robustness": _MODEL,
    "security": _MODEL,
    "fairness": _SENSITIVE,
    "transparency.claims": ("declared", "performance"),
    "transparency.model_card": ("documents", "model_card"),
    "transparency.system_card": ("documents", "system_card"),
    "data": _EVALUATION,
    "privacy": _EVALUATION,
    "": ("attestations",),
}
"""Check, or its family, -> the key of ``submission.yaml`` that it is about; nothing for what a person attests."""


def locations_of(
    assessment: Assessment, submission_yaml: bytes, shown: str = FILE_NAME
) -> dict[tuple[str, str], tuple[Location, ...]]:
    """Return where to look for each requirement: first the key that matters, then rows of counterexamples.

    Parameters
    ----------
    submission_yaml
        The bytes that were assessed; where they cannot be read, everything is at the top of the file.
    shown
        Path by which readers know ``submission.yaml``.
    """
    try:
        document = read_yaml(submission_yaml, FILE_NAME)
    except BadDocumentError:
        document = None
    found = {}
    for entry in entries(assessment):
        line, column = (1, 1) if document is None else _position(document, entry)
        first = Location(file=shown, line=line, column=column)
        rows = tuple(_rows(entry, assessment, shown))
        found[entry.finding.policy, entry.finding.requirement] = (first, *rows)
    return found


def shown_path(source: Path) -> str:
    """Return how readers in the working folder know a submission's ``submission.yaml``, with ``/``.

    One outside the working folder, or in an archive, is known by its name alone: a path of this machine tells a reader
    elsewhere nothing, and belongs in no export.
    """
    if source.is_dir():
        source = source / FILE_NAME
    elif source.suffix not in (".yaml", ".yml"):
        return FILE_NAME
    try:
        return source.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return source.name


def _position(document: Document, entry: Entry) -> tuple[int, int]:
    place = _attribute(document, entry) or _place(entry.finding.check)
    return document.position(place)


def _place(check: str) -> Place:
    return _BY_CHECK.get(check) or _BY_CHECK.get(check.partition(".")[0]) or _MODEL


def _attribute(document: Document, entry: Entry) -> Place | None:
    """Return the place of the sensitive column that the deciding measurement is about."""
    if not entry.measurements or not entry.finding.check.startswith("fairness."):
        return None
    names = entry.measurements[0].params.get("attribute")
    data = document.data
    for key in _SENSITIVE:
        data = data.get(str(key)) if isinstance(data, dict) else None
    for index, listed in enumerate(data if isinstance(data, list) else ()):
        name = listed.get("column") if isinstance(listed, dict) else listed
        if isinstance(names, list) and name in names:
            return (*_SENSITIVE, index)
    return None


def _rows(entry: Entry, assessment: Assessment, shown: str) -> Iterator[Location]:
    """Yield the rows of the evaluation data that counterexamples come from; lines are told of CSV files alone."""
    table = cast("Mapping[str, object]", assessment.subject.data.get("evaluation") or {})
    read_as = cast("Mapping[str, object]", table.get("read_as") or {})
    path = str(table.get("path") or "")
    # What was fetched is no file that a reader has beside submission.yaml.
    if not path or "uri" in table or read_as.get("format") != "csv":
        return
    folder = shown.rpartition("/")[0]
    for row in sorted({item.case.source_row for item in entry.cases}):
        # The header is line 1, and rows count from 0; a cell that holds line breaks moves the lines below it.
        yield Location(file=f"{folder}/{path}" if folder else path, line=row + 2)
