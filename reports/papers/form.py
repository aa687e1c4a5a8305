"""Forms as data: which sections a paper has, what each place is called, and where in the record its content stands.

A form is a YAML file in ``forms/``. It names controls and places of the record; no code knows any form. Clauses are
cited only where their text, or a secondary source, was read: the model has no word for *from memory*.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import Field, model_validator

from proofbox.policies.model import ClauseNumber, Filled, Identifier, PolicyModel, Slug, Wording
from proofbox.policies.validation import validate, wrong
from proofbox.policies.yamlfile import read_yaml
from proofbox.reports.errors import UnknownFormError

Say = Literal[
    "text", "moment", "date", "number", "sector", "tier", "task", "output", "conclusion", "policies", "evidence"
]
"""How a value of the record is said: as it stands, or as one of the report's own words."""
Show = Literal["number", "matter", "criteria", "actual", "result", "evidence", "fix", "write"]
"""What a column of judged controls shows."""
Scale = Literal["trial", "ethics"]
"""Whose result words: those of form AI08 (Decree 142), or those of Annex II of Circular 05."""


class Basis(PolicyModel):
    """One clause that asks for a paper or a section."""

    framework: Slug
    clause: ClauseNumber
    confidence: Literal["V", "V2"]
    """V: the clause's own text was read; V2: a secondary source was read"""


class FormPlace(PolicyModel):
    """One place to fill in."""

    id: Identifier
    label: Wording
    take: tuple[Filled, ...] = ()
    """places of the record, for example subject.product.name; the first that holds something fills it"""
    say: Say = "text"
    write: Wording | None = None
    """what a person must write where the record holds nothing"""
    also: Wording | None = None
    """what a person must add in any case"""

    @model_validator(mode="after")
    def _fillable(self) -> FormPlace:
        if self.write is None and self.also is None:
            raise wrong("'write' or 'also'", "what a person writes where the record holds nothing")
        return self


class FormRow(PolicyModel):
    """One row of a table of judged controls."""

    number: str = ""
    label: Wording | None = None
    """left out where the row has one control, whose title is then taken"""
    controls: tuple[Identifier, ...] = ()
    write: Wording | None = None
    """what a person must write beside the evidence, or instead of it"""


class FormColumn(PolicyModel):
    """One column of such a table."""

    show: Show
    title: Wording
    width: Annotated[int, Field(ge=1, le=20)]


class Judged(PolicyModel):
    """A table of controls as they were judged."""

    caption: Wording
    scale: Scale
    columns: Annotated[tuple[FormColumn, ...], Field(min_length=1)]
    rows: Annotated[tuple[FormRow, ...], Field(min_length=1)]


class Measured(PolicyModel):
    """A table of what was measured, whatever policy asked for it."""

    caption: Wording
    checks: Annotated[tuple[Filled, ...], Field(min_length=1)]
    write: Wording
    """what a person must write where none of the checks measured anything"""


class Part(PolicyModel):
    """One part of a section; exactly one of the keys."""

    text: Wording | None = None
    places: Annotated[tuple[FormPlace, ...], Field(min_length=1)] | None = None
    judged: Judged | None = None
    measured: Measured | None = None
    files: Literal["subject", "bundle"] | None = None

    @model_validator(mode="after")
    def _one(self) -> Part:
        if len(self.model_fields_set) != 1:
            raise wrong("one of text, places, judged, measured, files")
        return self


class FormSection(PolicyModel):
    """One section of a form."""

    title: Wording
    basis: tuple[Basis, ...] = ()
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]


class Form(PolicyModel):
    """A whole form."""

    schema_: Literal["proofbox/form/v1"] = Field(alias="schema")
    id: Slug
    title: Wording
    about: Wording
    """what the paper is, and what of it is not here"""
    basis: Annotated[tuple[Basis, ...], Field(min_length=1)]
    sections: Annotated[tuple[FormSection, ...], Field(min_length=1)]

    def controls(self) -> Iterator[str]:
        """Yield the controls that it names, each once, in its order."""
        rows = (row for part in self.parts() if part.judged for row in part.judged.rows)
        yield from dict.fromkeys(control for row in rows for control in row.controls)

    def parts(self) -> Iterator[Part]:
        """Yield the parts of every section."""
        for section in self.sections:
            yield from section.parts


@cache
def forms() -> tuple[Form, ...]:
    """Return every form that is shipped, in the order of its file's name."""
    folder = resources.files("proofbox.reports.papers").joinpath("forms")
    entries = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=lambda one: one.name)
    return tuple(validate(read_yaml(entry.read_bytes(), entry.name), Form) for entry in entries)


def find_form(name: str) -> Form:
    """Return one form.

    Raises
    ------
    UnknownFormError
        There is none of this id.
    """
    known = {form.id: form for form in forms()}
    if name not in known:
        raise UnknownFormError(f"--form {name}: no such form; the forms are: {', '.join(known)}")
    return known[name]
