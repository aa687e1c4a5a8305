"""Tables of judged controls: each cell says what it rests on, or what a person must write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from proofbox.policies.clause_lists import ATTESTATION
from proofbox.reports import vocabulary
from proofbox.reports.figures import value_in_words
from proofbox.reports.papers.judging_words import SCALES, TONES, outcome
from proofbox.reports.papers.paper import Cell, Column, Table

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment, ControlRecord, Finding, MeasurementRecord
    from proofbox.reports.i18n import Translator
    from proofbox.reports.papers.form import FormRow, Judged, Scale, Show

NEEDS_WORK = ("fail", "inconclusive", "error", "not-run")
"""Verdicts whose remediation a person should read."""


class Judgement:
    """A record, looked up by control."""

    def __init__(self, assessment: Assessment, translator: Translator) -> None:
        self.assessment = assessment
        self.translator = translator

    @cached_property
    def controls(self) -> Mapping[str, ControlRecord]:
        """Control id -> what the record says of it; of several policies the first."""
        found = [control for policy in self.assessment.policies for control in policy.controls]
        return {control.id: control for control in reversed(found)}

    @cached_property
    def measurements(self) -> Mapping[str, MeasurementRecord]:
        """Measurement id -> measurement."""
        return {item.id: item for item in self.assessment.measurements}

    def findings(self, control: str) -> tuple[Finding, ...]:
        """Return the findings of one control, under every policy that has it."""
        return tuple(item for item in self.assessment.findings if item.control == control)

    def remediation(self, finding: Finding) -> str:
        """Return what to do about a finding; empty where the record does not say."""
        control = self.controls.get(finding.control)
        asked = next((one for one in control.requirements if one.id == finding.requirement), None) if control else None
        return self.translator.words(asked.remediation) if asked else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    form: FormRow
    scale: Scale
    held: Judgement
    findings: tuple[Finding, ...]
    lacking: tuple[str, ...]

    @property
    def say(self) -> Translator:
        return self.held.translator

    @property
    def write(self) -> str:
        return self.say.words(self.form.write.words()) if self.form.write else ""

    @property
    def lack(self) -> str:
        """What to do about what the record lacks: controls, and what only a person can attest; empty where nothing."""
        said = []
        if self.lacking:
            told = self.say.gettext(
                "Not judged in this bundle: {controls}. Judge the product under a policy that has them, or write by"
                " hand what was done.",
                controls=", ".join(self.lacking),
            )
            said.append(told)
        if waiting := [
            one.requirement for one in self.findings if one.verdict == "not-run" and one.check == ATTESTATION
        ]:
            told = self.say.gettext(
                "A person must attest {requirements} (docs/attestations.md).", requirements=", ".join(waiting)
            )
            said.append(told)
        return " ".join(said)


def judged_table(form: Judged, held: Judgement) -> Table:
    """Return one table of a form, filled in."""
    say = held.translator
    return Table(
        caption=say.words(form.caption.words()),
        columns=tuple(Column(title=say.words(one.title.words()), width=one.width) for one in form.columns),
        rows=tuple(
            tuple(_SHOWN[column.show](row) for column in form.columns)
            for row in (_row(one, form.scale, held) for one in form.rows)
        ),
    )


def _row(form: FormRow, scale: Scale, held: Judgement) -> _Row:
    return _Row(
        form=form,
        scale=scale,
        held=held,
        findings=tuple(item for control in form.controls for item in held.findings(control)),
        lacking=tuple(control for control in form.controls if control not in held.controls),
    )


def _number(row: _Row) -> Cell:
    return Cell(lines=(row.form.number,))


def _matter(row: _Row) -> Cell:
    if row.form.label is not None:
        return Cell(lines=(row.say.words(row.form.label.words()),), sources=row.form.controls)
    titles = [_title(name, row) for name in row.form.controls]
    return Cell(lines=tuple(titles), sources=row.form.controls)


def _title(control: str, row: _Row) -> str:
    known = row.held.controls.get(control)
    return row.say.words(known.title) if known else control


def _criteria(row: _Row) -> Cell:
    say, lines = row.say, []
    for item in row.findings:
        if item.criterion is not None and item.verdict != "not-applicable":
            needed = vocabulary.comparison(say, item.criterion)
            origin = vocabulary.word(say, vocabulary.ORIGINS, item.criterion.origin)
            measure = say.heading(say.measure(item.criterion.measure))
            lines.append(f"{item.requirement}: {measure} {needed} ({origin})")
    return Cell(lines=tuple(dict.fromkeys(lines)), sources=_requirements(row), named=True)


def _actual(row: _Row) -> Cell:
    lines, sources = [], []
    for item in row.findings:
        rests_on = row.held.measurements.get(item.measurements[0]) if item.measurements else None
        if item.verdict == "not-applicable":
            continue
        if rests_on is not None:
            lines.append(f"{item.requirement}: {value_in_words(rests_on, row.say)}")
            sources.append(rests_on.id)
        else:
            lines.append(f"{item.requirement}: {row.say.sentence(item.reason)}")
    return Cell(lines=tuple(lines) or tuple(_not_applying(row)), sources=tuple(dict.fromkeys(sources)),
                named=True)  # fmt: skip


def _result(row: _Row) -> Cell:
    found = outcome(row.findings, lacking=bool(row.lacking))
    words = SCALES[row.scale]
    if found in words:
        proposed = row.say.gettext("proposed from the evidence; a person confirms it")
        lines = (row.say.text(words[found]), proposed)
        return Cell(lines=lines, sources=row.form.controls, named=True, tone=TONES.get(found, "plain"))
    if found == "not-applicable":
        return Cell(lines=(row.say.gettext("does not apply to this product"),), sources=row.form.controls, named=True)
    choices = " / ".join(row.say.text(word) for word in words.values())
    return Cell(to_write=row.say.gettext("The evidence does not decide it; choose: {choices}.", choices=choices))


def _evidence(row: _Row) -> Cell:
    lines = [_line(row.say, item) for item in row.findings if item.verdict != "not-applicable"]
    deciding = dict.fromkeys(key for item in row.findings for key in item.measurements[:1])
    if not row.form.controls:
        lines.append(row.say.gettext("No test shows this."))
    return Cell(lines=(*lines, *_not_applying(row)), sources=(*_requirements(row), *deciding), named=True,
                to_write=row.lack)  # fmt: skip


def _requirements(row: _Row) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.requirement for item in row.findings))


def _line(say: Translator, item: Finding) -> str:
    sign, word = vocabulary.SYMBOLS[item.verdict], vocabulary.word(say, vocabulary.VERDICTS, item.verdict)
    return f"{sign} {item.requirement} · {word}: {say.sentence(item.reason)}"


def _not_applying(row: _Row) -> Iterator[str]:
    named = list(dict.fromkeys(item.requirement for item in row.findings if item.verdict == "not-applicable"))
    if named:
        word = vocabulary.word(row.say, vocabulary.VERDICTS, "not-applicable")
        yield f"{vocabulary.SYMBOLS['not-applicable']} {word}: {', '.join(named)}"


def _fix(row: _Row) -> Cell:
    needed = ((item.requirement, row.held.remediation(item)) for item in row.findings if item.verdict in NEEDS_WORK)
    told = {name: f"{name}: {text}" for name, text in needed if text}
    return Cell(lines=tuple(told.values()), sources=tuple(told), named=True)


def _write(row: _Row) -> Cell:
    return Cell(to_write=row.write)


_SHOWN: Mapping[Show, Callable[[_Row], Cell]] = {
    "number": _number,
    "matter": _matter,
    "criteria": _criteria,
    "actual": _actual,
    "result": _result,
    "evidence": _evidence,
    "fix": _fix,
    "write": _write,
}
