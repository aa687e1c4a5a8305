"""What the submitted files hold: the findings of the artefact scan, as far as the record has them in a known shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.result import Json
from proofbox.checks.text import Text, t
from proofbox.reports.details import as_it_stands, text_in

if TYPE_CHECKING:
    from proofbox.policies.record import MeasurementRecord

CHECK = "security.artefact_scan"

TIERS: Mapping[str, Text] = {
    "A": t("data alone (tier A)"),
    "B": t("code that every rule allows (tier B)"),
    "C": t("refused (tier C)"),
    "unreadable": t("not read to the end"),
    "unknown": t("of an unknown kind"),
}
"""Tier -> what it is, the mildest first."""

OUTCOMES: Mapping[str, Text] = {
    "refused": TIERS["C"],
    "unreadable": TIERS["unreadable"],
    "unknown": TIERS["unknown"],
    "code": TIERS["B"],
}
"""What a finding makes of its file -> the words for it, the worst first."""

ANSWERS: Mapping[str, Text] = {
    "found": t("found something"),
    "failed": t("failed, which is not the same as clean"),
    "clean": t("found nothing"),
    "not-its-kind": t("does not look at such files"),
    "not-asked": t("was not asked"),
}
"""What another scanner said of a file -> the words for it."""


PLACES: Mapping[str, Text] = {
    "offset": t("offset {number}"),
    "line": t("line {number}"),
    "tree": t("tree {number}"),
    "character": t("character {number}"),
}
"""Kinds of place in a file that are told by a number."""

UNPACKED = t("unpacked")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFinding:
    """One thing that a file holds."""

    file: str
    where: str
    """Member, offset, line or key; empty where it is the file as a whole."""
    outcome: Text
    kind: str
    said: Text

    @property
    def places(self) -> tuple[Text | str, ...]:
        """Where it is, the outer place first: words where they are ours, and names as they stand in the file."""
        return tuple(_place(part) for part in self.where.split(" > ") if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerView:
    """What one other scanner said, over all files."""

    name: str
    answers: tuple[tuple[Text, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesView:
    """What was found in the files of the submission."""

    tiers: tuple[tuple[Text, int], ...]
    findings: tuple[FileFinding, ...]
    left_out: int
    """Findings that the record counts and does not hold."""
    scanners: tuple[ScannerView, ...]


def files_view(measurements: Iterable[MeasurementRecord]) -> FilesView | None:
    """Return what the record says of the files; None where they were not scanned."""
    scans = [item for item in measurements if item.check == CHECK]
    if not scans:
        return None
    found: list[FileFinding] = []
    for one in (one for outcome in OUTCOMES for item in scans for one in _findings(item.detail, outcome)):
        if one not in found:  # two policies that scan by different rules
            found.append(one)
    refused = next((item.detail for item in scans if item.measure == "refused_files"), {})
    return FilesView(
        tiers=tuple(_counts(refused.get("tiers"), TIERS)),
        findings=tuple(found),
        left_out=sum(_whole(item.detail.get("findings_left_out")) for item in scans),
        scanners=tuple(_scanners(refused.get("second_opinions"))),
    )


def said_of_files(detail: Mapping[str, Json]) -> Iterator[str]:
    """Yield one English line for each finding in a measurement's detail, for a terminal."""
    for outcome in OUTCOMES:
        for one in _findings(detail, outcome):
            yield f"{one.file}{f' ({one.where})' if one.where else ''}: {one.said} [{one.kind}]"


def _findings(detail: Mapping[str, Json], outcome: str) -> Iterator[FileFinding]:
    listed = detail.get("findings")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("outcome") == outcome and isinstance(one.get("said"), dict):
            yield FileFinding(
                file=str(one.get("file")),
                where=str(one.get("where")),
                outcome=OUTCOMES[outcome],
                kind=str(one.get("kind")),
                said=text_in(one["said"]) or as_it_stands(one["said"]),
            )


def _place(part: str) -> Text | str:
    word, _, number = part.partition(" ")
    if part == "(unpacked)":
        return UNPACKED
    if word in PLACES and number.isdigit():
        return Text(PLACES[word].template, {"number": int(number)})
    return part


def _counts(given: Json, words: Mapping[str, Text]) -> Iterator[tuple[Text, int]]:
    for name, word in words.items():
        if isinstance(given, dict) and (count := _whole(given.get(name))):
            yield word, count


def _whole(value: Json) -> int:
    return value if type(value) is int else 0


def _scanners(given: Json) -> Iterator[ScannerView]:
    listed = given.get("scanners") if isinstance(given, dict) else None
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            answers = tuple(_counts(one.get("answers"), ANSWERS))
            yield ScannerView(name=f"{one.get('scanner')} {one.get('version')}", answers=answers)
