"""Whether the data come with a datasheet whose sections say something.

## Measures

- `sections_filled`: [0, 1], higher is better, 1 is perfect. The share of the seven sections that are there and say
  something of their own.
- `boilerplate_sections`: [0, inf), lower is better, 0 is perfect. Sections that are there and say nothing.

## Method

The document under `documents.datasheet` is read as Markdown or plain text, in English or Vietnamese. Its headings (`#`
signs, underlined lines, bold lines, numbered lines) are matched with the seven sections of Gebru and others:
motivation, composition, collection, preprocessing, uses, distribution, maintenance. A section says nothing if fewer
than `min_words` words are left once questions, placeholders (TODO, "to be completed", "đang cập nhật", lorem ipsum) and
square-bracketed instructions are taken away, or if it repeats another section word for word. The detail names the
sections that are missing and those that say nothing, and whether the document bears a date.

## Limits

That a section says something does not make it true or complete: a person reads it. Other formats than text are not
read.

## References

- Gebru, Morgenstern, Vecchione, Vaughan, Wallach, Daumé, Crawford, "Datasheets for Datasets", CACM 64 (2021) 86-92.
"""

from __future__ import annotations

from pydantic import Field

from proofbox.checks.artefacts.files import read_submitted
from proofbox.checks.errors import BadDataError
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.sections import dated, read_sections, words_said
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text, t

SECTIONS: dict[str, tuple[str, ...]] = {
    "motivation": ("motivation", "purpose", "dong co", "muc dich", "ly do"),
    "composition": ("composition", "contents", "thanh phan", "cau truc", "noi dung du lieu"),
    "collection": ("collection", "acquisition", "thu thap"),
    "preprocessing": ("preprocessing", "pre processing", "cleaning", "labeling", "labelling", "tien xu ly", "lam sach",
                      "gan nhan", "xu ly du lieu"),
    "uses": ("uses", "use", "intended use", "su dung", "ung dung"),
    "distribution": ("distribution", "sharing", "licence", "license", "phan phoi", "chia se", "phat hanh", "giay phep"),
    "maintenance": ("maintenance", "updates", "bao tri", "duy tri", "cap nhat"),
}  # fmt: skip
"""Section -> plain words, one of which a heading holds; the section whose word comes first in the heading counts."""

MOST_BYTES = 2_000_000


class Params(CheckParams):
    """Parameters of :func:`datasheet`."""

    min_words: int = Field(default=20, ge=1, le=1000)
    """Words of its own that a section needs in order to say something."""


@check("data.datasheet")
def datasheet(subject: Subject, params: Params) -> Measured | Inapplicable:
    """Measure how much of the datasheet is filled."""
    if not any(file.role in ("evaluation", "training") for file in subject.declared_files):
        return Inapplicable(t("the submission names no {role} data", role="evaluation"))
    text = _text(subject)
    bodies = read_sections(text, SECTIONS) if isinstance(text, str) else {}
    words = {name: words_said(body) for name, body in bodies.items()}
    repeated = {name for name in words if words[name] in [words[other] for other in words if other != name]}
    empty = [name for name in SECTIONS if name in words and (len(words[name]) < params.min_words or name in repeated)]
    missing: list[Json] = [name for name in SECTIONS if name not in words]
    detail: dict[str, Json] = {
        "missing": missing,
        "say_nothing": [*empty],
        "repeat_another": [*sorted(repeated)],
        "words": {name: len(said) for name, said in words.items()},
        "dated": isinstance(text, str) and dated(text),
    }
    if isinstance(text, Text):
        detail["problem"] = str(text)
    filled = len(SECTIONS) - len(missing) - len(empty)
    return Measured(
        measurements=(
            Measurement(
                measure="sections_filled", value=filled / len(SECTIONS), sample_size=len(SECTIONS), detail=detail
            ),
            Measurement(
                measure="boilerplate_sections",
                value=float(len(empty)),
                sample_size=len(SECTIONS),
                detail={"say_nothing": [*empty]},
            ),
        )
    )


def _text(subject: Subject) -> str | Text:
    """Return the document's text, or why there is none; a fault of the document, hence a value."""
    path = subject.documents.get("datasheet")
    if path is None:
        return t("the submission names no datasheet (documents.datasheet)")
    try:
        content = read_submitted(subject.root, path, MOST_BYTES)
    except BadDataError as err:
        return t("the datasheet cannot be read: {why}", why=str(err))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return t("the datasheet {path} is not text in UTF-8: send it as Markdown or plain text", path=path)
