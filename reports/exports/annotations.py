"""GitHub's workflow commands: one annotation for each requirement that is not met, at the line that matters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proofbox.reports.exports.entries import Entry, Location, Locations, entries, reason_of, title_of, verdict_word
from proofbox.reports.i18n import Translator
from proofbox.reports.visible import visible

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment

COMMANDS = {"broken": "error", "open": "warning", "advice": "notice"}
"""Standing -> command; what is waived is a warning."""


def github_annotations(
    assessment: Assessment, locations: Locations | None = None, language: str = "en"
) -> Iterator[str]:
    """Yield one line for each requirement that failed or has no answer."""
    translator = Translator(language)
    for entry in entries(assessment, locations):
        if command := COMMANDS.get(entry.standing):
            yield _line("warning" if entry.waived else command, entry, translator)


def annotation(command: str, place: Location, title: str, message: str) -> str:
    """Return one command; whatever stands in it, it stays one line and one command."""
    properties = {"file": place.file, "line": str(place.line), "col": str(place.column), "title": title}
    said = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{command} {said}::{_data(message)}"


def _line(command: str, entry: Entry, translator: Translator) -> str:
    place = entry.locations[0] if entry.locations else Location(file="submission.yaml")
    title = f"{entry.finding.requirement}: {title_of(entry, translator)}"
    return annotation(command, place, title, f"{verdict_word(entry, translator)}: {reason_of(entry, translator)}")


def _data(text: str) -> str:
    """Escape as the runner's toolkit does: per cent first, then what would end the line."""
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
