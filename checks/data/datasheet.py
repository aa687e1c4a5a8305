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

from proofbox.checks.documents.blocks import BlockParams, measured_blocks, text_of
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Measured
from proofbox.checks.subject import Subject
from proofbox.checks.text import t

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


class Params(BlockParams):
    """Parameters of :func:`datasheet`."""

    min_words: int = Field(default=20, ge=1, le=1000)
    """Words of its own that a section needs in order to say something."""


@check("data.datasheet")
def datasheet(subject: Subject, params: Params) -> Measured | Inapplicable:
    """Measure how much of the datasheet is filled."""
    if not any(file.role in ("evaluation", "training") for file in subject.declared_files):
        return Inapplicable(t("the submission names no {role} data", role="evaluation"))
    names = ("sections_filled", "boilerplate_sections")
    found = measured_blocks(text_of(subject, "datasheet"), SECTIONS, params.min_words, names)
    return Measured(measurements=tuple(found))
