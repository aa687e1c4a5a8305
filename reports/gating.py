"""What a gate made of the findings: which count, which were failing before, and which exit code follows.

The gate stands in ``run.detail.gate`` and is read like all JSON of any shape: what is not as expected is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from proofbox.checks.result import Json
from proofbox.checks.text import Text, t
from proofbox.reports import vocabulary
from proofbox.reports.details import dicts_in, list_in, number_in, text_in, whole_in
from proofbox.reports.difference import METHODS, WAYS
from proofbox.reports.i18n import Translator

STATES: Mapping[str, Text] = {
    "new": t("failing now, not before"),
    "worse": t("failing before, and worse"),
    "before": t("failing before, not worse"),
}
"""How a finding stands to the baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """One finding that counts."""

    requirement: str
    verdict: str
    before: str | None
    """The verdict of the baseline; None where it had no such requirement."""
    state: str
    why: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A measure that a requirement rests on and whose value changed."""

    measure: str
    about: str
    before: float | None
    after: float | None
    method: str | None
    adjusted: float | None
    """p by Holm; None where there was no test."""
    shown: bool
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """The whole section."""

    fail_on: tuple[str, ...]
    exit_code: int
    failing: tuple[Failing, ...]
    baseline: str | None
    """sha256 of the baseline's manifest; None without a baseline."""
    conclusion: str
    """The baseline's."""
    paired: bool
    why_not_paired: Text | None
    moved: tuple[Moved, ...]


def gate_view(detail: Mapping[str, Json]) -> GateView | None:
    """Lay out ``run.detail.gate``; None where there was no gate."""
    found = detail.get("gate")
    code = whole_in(found.get("exit_code")) if isinstance(found, dict) else None
    if not isinstance(found, dict) or code is None:
        return None
    baseline = found.get("baseline")
    base = baseline if isinstance(baseline, dict) else {}
    return GateView(
        fail_on=tuple(map(str, list_in(found.get("fail_on")))),
        exit_code=code,
        failing=tuple(_failing(one) for one in dicts_in(found.get("failing"))),
        baseline=str(base["bundle"]) if "bundle" in base else None,
        conclusion=str(base.get("conclusion", "")),
        paired=base.get("paired") is True,
        why_not_paired=text_in(base.get("why_not_paired")),
        moved=tuple(one for one in map(_moved, dicts_in(base.get("measures"))) if one.before != one.after),
    )


def gate_sentence(view: GateView, say: Translator) -> str:
    """Return which exit code follows from what, and that no verdict changed by it."""
    counted = ", ".join(view.fail_on)
    excused = sum(one.state == "before" for one in view.failing)
    if excused:
        return say.gettext(
            "Exit code {code}: {excused} of {count} findings that count ({counted}) were failing before and are not"
            " worse. No verdict and no conclusion changes by it.",
            code=str(view.exit_code), excused=excused, count=len(view.failing), counted=counted,
        )  # fmt: skip
    return say.gettext(
        "Exit code {code}: {count} findings count ({counted}). No verdict and no conclusion changes by it.",
        code=str(view.exit_code), count=len(view.failing), counted=counted,
    )  # fmt: skip


def baseline_sentence(view: GateView, say: Translator) -> str:
    """Return what the findings were compared with, and how; empty without a baseline."""
    if view.baseline is None:
        return ""
    said = say.gettext(
        "Compared with the bundle {digest}, which concluded: {conclusion}.",
        digest=view.baseline[:12],
        conclusion=vocabulary.word(say, vocabulary.CONCLUSIONS, view.conclusion),
    )
    if view.paired:
        paired = say.gettext("Both models were asked about the same rows; tests are paired where they can be.")
        return f"{said} {paired}"
    if view.why_not_paired is None:
        return said
    return f"{said} {say.gettext('Tests are as if of different rows: {why}.', why=say.text(view.why_not_paired))}"


def gate_lines(view: GateView, say: Translator) -> Iterator[str]:
    """Yield the section as plain lines."""
    if base := baseline_sentence(view, say):
        yield base
        for one in view.failing:
            yield f"  {failing_line(one, say)}"
    yield gate_sentence(view, say)


def failing_line(one: Failing, say: Translator) -> str:
    """Return one finding with its verdicts and how it stands to the baseline."""
    now = vocabulary.word(say, vocabulary.VERDICTS, one.verdict)
    before = say.gettext("not asked") if one.before is None else vocabulary.word(say, vocabulary.VERDICTS, one.before)
    state = vocabulary.word(say, STATES, one.state)
    why = "" if one.why is None or one.state == "before" else f" ({say.text(one.why)})"
    return f"{one.requirement} [{before} → {now}] {state}{why}"


def words_of_test(one: Moved, say: Translator) -> str:
    """Return what a test says of a measure."""
    if one.method is None or one.adjusted is None:
        return say.gettext("no test")
    shown = say.gettext("not shown to have changed")
    if one.shown:
        shown = say.gettext("shown to have changed: {way}", way=vocabulary.word(say, WAYS, one.way))
    return f"{vocabulary.word(say, METHODS, one.method)}, p (Holm) = {say.decimal_sign(f'{one.adjusted:.2g}')}; {shown}"


def _failing(found: dict[str, Json]) -> Failing:
    before = found.get("before")
    return Failing(
        requirement=str(found.get("requirement", "")),
        verdict=str(found.get("verdict", "")),
        before=before if isinstance(before, str) else None,
        state=str(found.get("state", "")),
        why=text_in(found.get("why")),
    )


def _moved(found: dict[str, Json]) -> Moved:
    test, params, group = found.get("test"), found.get("params"), found.get("group")
    told = test if isinstance(test, dict) else {}
    about = [f"{key}={value}" for key, value in group.items()] if isinstance(group, dict) else []
    attribute = list_in(params.get("attribute")) if isinstance(params, dict) else []
    return Moved(
        measure=str(found.get("measure", "")),
        about=", ".join(about) or " x ".join(map(str, attribute)),
        before=_value(found.get("before")),
        after=_value(found.get("after")),
        method=str(told["method"]) if "method" in told else None,
        adjusted=number_in(told.get("adjusted_p_value")),
        shown=told.get("shown") is True,
        way=str(found.get("way", "")),
    )


def _value(found: Json) -> float | None:
    return number_in(found.get("value")) if isinstance(found, dict) else None
