"""Write papers of one bundle: which forms, in which formats and languages; every byte before the first file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from proofbox.reports.papers.as_docx import docx_bytes
from proofbox.reports.papers.as_html import html_bytes
from proofbox.reports.papers.as_json import json_bytes
from proofbox.reports.papers.as_pdf import pdf_bytes
from proofbox.reports.papers.filling import fill_form, lacking_controls
from proofbox.reports.papers.paper import Paper, places_left

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.reports.bundle import BundleContent
    from proofbox.reports.papers.form import Form

Format = Literal["html", "pdf", "docx", "json"]

WRITERS: Mapping[str, Callable[[Paper], bytes]] = {
    "html": html_bytes,
    "pdf": pdf_bytes,
    "docx": docx_bytes,
    "json": json_bytes,
}
"""Format -> what writes it; the format is the file's ending too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One paper in one language."""

    form: str
    language: str
    title: str
    files: Mapping[str, bytes]
    """Name -> content."""
    left: int
    """Places that a person must still write."""
    places: int
    lacking: tuple[str, ...]
    """Controls that the form rests on and the bundle lacks."""

    def to_json(self) -> dict[str, Json]:
        """Return the form of ``proofbox papers write --json``."""
        return {
            "form": self.form,
            "language": self.language,
            "title": self.title,
            "files": list(self.files),
            "places": self.places,
            "places_left": self.left,
            "controls_lacking": list(self.lacking),
        }


def written(form: Form, content: BundleContent, language: str, formats: Sequence[str]) -> Written:
    """Return one form in one language, in every format that is asked for.

    Raises
    ------
    LibraryMissingError
        A format needs a library that is not installed.
    ReportsError
        There is no such language, or the typesetter refused.
    """
    paper = fill_form(form, content, language)
    left, places = places_left(paper)
    return Written(
        form=form.id,
        language=language,
        title=paper.title,
        files={f"{form.id}.{language}.{name}": WRITERS[name](paper) for name in formats},
        left=left,
        places=places,
        lacking=lacking_controls(form, content.assessment),
    )
