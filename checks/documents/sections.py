"""Read a document's sections by its headings, in English or Vietnamese, and count what they say of their own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from proofbox.checks.personal.plain import plain

_LONGEST_HEADING = 120
_LONG_SENTENCE = 12
"""A shorter sentence with a placeholder in it is nothing but the placeholder."""
_MARKDOWN = re.compile(r"^ {0,3}#{1,6}\s+(.+?)\s*#*$")
_BOLD = re.compile(r"^\s*(?:\*\*|__)(.{2,100}?)(?:\*\*|__):?\s*$")
_NUMBERED = re.compile(r"^\s*(?:\d{1,2}|[IVX]{1,4})[.)]\s+(.{2,100})$")
_UNDERLINE = re.compile(r"^\s*(?:={3,}|-{3,})\s*$")
# Each is bounded, so that signs that open and never close cost no more than a few hundred steps each.
_INSTRUCTION = re.compile(r"\[[^\]\[\n]{0,300}\](?!\()|<!--[^<]{0,500}?-->|\{\{[^{]{0,200}?\}\}")
_PLACEHOLDER = re.compile(
    r"\b(?:todo|tbd|tba|fixme|xxx+|lorem ipsum[^.\n]*|n/a|to be (?:completed|added|determined|announced|filled(?: in)?)"
    r"|coming soon|work in progress|insert [a-z ]{2,40} here|fill (?:this )?in|not (?:yet )?available"
    r"|dang cap nhat|chua cap nhat|se bo sung|dang hoan thien|chua co thong tin|dien vao day|khong co thong tin)\b"
)
_WORD = re.compile(r"[^\W_]+")
_DATE = re.compile(
    r"\b(?:19|20)\d{2}-\d{2}-\d{2}\b|\b\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d{2}\b|"
    r"\bngày \d{1,2} tháng \d{1,2} năm (?:19|20)\d{2}\b|"
    r"\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r" (?:19|20)\d{2}\b"
)


def read_sections(text: str, wanted: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return section -> its text, for the sections that a heading names; parts of one section are joined.

    Parameters
    ----------
    wanted
        Section -> plain words (without accents, lower case); a heading is of the section whose word it holds first.
    """
    lines = unicodedata.normalize("NFC", text).splitlines()
    bodies: dict[str, list[str]] = {}
    current: str | None = None
    for place, line in enumerate(lines):
        following = lines[place + 1] if place + 1 < len(lines) else ""
        heading = _heading(line, following)
        if heading is not None:
            named = _section(heading, wanted)
            # A heading below the first level that names no section belongs to the one it stands in.
            if named is not None:
                current = named
                bodies.setdefault(current, [])
                continue
        if current is not None and not _UNDERLINE.match(line):
            bodies[current].append(line)
    return {name: "\n".join(body) for name, body in bodies.items()}


def words_said(body: str) -> tuple[str, ...]:
    """Return the words of a section that are neither question, instruction nor placeholder, plain and in order."""
    text = _INSTRUCTION.sub(" ", body)
    sentences = re.split(r"(?<=[.!?])\s+|\n+", text)
    kept = dict.fromkeys(plain(one).strip() for one in sentences if not one.rstrip(" *_").endswith("?"))
    said: list[str] = []
    for sentence in kept:  # each once, however often it is repeated
        words = _WORD.findall(_PLACEHOLDER.sub(" ", sentence))
        if len(words) >= _LONG_SENTENCE or not _PLACEHOLDER.search(sentence):
            said += words
    return tuple(said)


def dated(text: str) -> bool:
    """Return whether a text bears a date of day, month and year."""
    return _DATE.search(unicodedata.normalize("NFC", text)) is not None


def _heading(line: str, following: str) -> str | None:
    for pattern in (_MARKDOWN, _BOLD, _NUMBERED):
        if match := pattern.match(line):
            return match[1]
    if line.strip() and len(line) <= _LONGEST_HEADING and _UNDERLINE.match(following):
        return line.strip()
    return None


def _section(heading: str, wanted: Mapping[str, tuple[str, ...]]) -> str | None:
    words = " " + " ".join(re.findall(r"[a-z0-9]+", plain(heading))) + " "
    if len(heading) > _LONGEST_HEADING or heading.rstrip().endswith("?"):
        return None
    places = {name: min((words.find(f" {word} ") for word in said if f" {word} " in words), default=-1)
              for name, said in wanted.items()}  # fmt: skip
    there = {name: place for name, place in places.items() if place >= 0}
    return min(there, key=lambda name: there[name]) if there else None
