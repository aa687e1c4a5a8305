"""A paper as PDF, set by typst: the only import of it.

What strangers wrote reaches the typesetter as data (``sys.inputs``) and never as code. The fonts are typst's own and
the DejaVu Sans that matplotlib brings, so that the same paper gives the same bytes on every machine. PDF/UA-1 refuses
a letter that no font has; such letters are written as escapes.
"""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.errors import LibraryMissingError, TypesettingError
from proofbox.reports.papers.paper import Paper, Picture

if TYPE_CHECKING:
    import typst

TEMPLATE = Path(__file__).parent / "paper.typ"
STANDARD: typst.PDFStandard = "ua-1"


def pdf_bytes(paper: Paper) -> bytes:
    """Return a paper as tagged PDF (PDF/UA-1); equal papers give equal bytes.

    Raises
    ------
    LibraryMissingError
        typst is not installed.
    TypesettingError
        It refused the paper.
    """
    try:
        import typst
    except ImportError as err:
        raise LibraryMissingError("a PDF needs typst; install the extra: pip install 'proofbox[papers]'") from err
    try:
        made = typst.compile(
            TEMPLATE,
            root=TEMPLATE.parent,
            font_paths=_fonts(),
            sys_inputs={"paper": json.dumps(_plain(paper), ensure_ascii=False)},
            pdf_standards=[STANDARD],
            timestamp=_moment(paper.made),
        )
    except typst.TypstError as err:
        raise TypesettingError(f"the typesetter refused the paper '{paper.id}': {err.message}") from err
    if not isinstance(made, bytes):
        raise TypesettingError(f"the typesetter gave {type(made).__name__} for '{paper.id}', expected one PDF")
    return made


def _moment(iso: str) -> datetime:
    """Return the moment that the PDF says it was made: that of the assessment, never the clock's."""
    try:
        found = datetime.fromisoformat(iso)
    except ValueError:
        return datetime(2000, 1, 1, tzinfo=UTC)
    return found.replace(microsecond=0, tzinfo=found.tzinfo or UTC).astimezone(UTC)


def _plain(part: object) -> object:
    if isinstance(part, str):
        return "".join(map(_letter, part))
    if isinstance(part, tuple):
        return [_plain(one) for one in part]
    if isinstance(part, Picture):
        return {"kind": "Picture", "svg": part.svg, "alt": _plain(part.alt), "title": _plain(part.title)}
    if dataclasses.is_dataclass(part):
        fields = {one.name: _plain(getattr(part, one.name)) for one in dataclasses.fields(part)}
        return {"kind": type(part).__name__, **fields}
    return part


def _letter(char: str) -> str:
    if char.isascii() or ord(char) in _covered():
        return char
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


@cache
def _covered() -> frozenset[int]:
    """Return the letters that every paper can show."""
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(_font_folder() / "DejaVuSans.ttf")).get_charmap())


@cache
def _fonts() -> typst.Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(_font_folder())])


def _font_folder() -> Path:
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf"
