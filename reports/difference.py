"""What a person and a program are told of a comparison of two assessments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from proofbox.checks.text import Text, t
from proofbox.policies.significant import REFERENCE, TO_JUDGE
from proofbox.reports import vocabulary
from proofbox.reports.i18n import Translator
from proofbox.reports.visible import visible

if TYPE_CHECKING:
    from proofbox.checks.result import Interval, Json
    from proofbox.policies.changes import MeasureChange, VerdictChange
    from proofbox.policies.comparison import Comparison
    from proofbox.policies.record import Assessment, MeasurementRecord

METHODS: Mapping[str, Text] = {
    "mcnemar-mid-p": t("McNemar's test on the same rows (mid-p)"),
    "paired-bootstrap": t("bootstrap of the same rows"),
    "paired-t": t("t-test of the differences on the same rows"),
    "paired-delong": t("DeLong's test on the same rows"),
    "fisher-mid-p": t("Fisher's test as if of different rows (mid-p)"),
    "mover-independent": t("test by the two intervals as if of different rows"),
}
"""Method of a test -> its name for readers."""

WAYS: Mapping[str, Text] = {"better": t("better"), "worse": t("worse"), "other": t("otherwise")}

ASPECTS: Mapping[str, Text] = {
    "function": t("function and purpose"),
    "risk": t("risk tier"),
    "model": t("model"),
    "configuration": t("configuration"),
    "data": t("data"),
    "performance": t("performance"),
    "safety": t("safety"),
}


def difference_json(comparison: Comparison) -> dict[str, Json]:
    """Return the form of ``proofbox diff --json``, values unrounded."""
    return {
        "schema": "proofbox/diff/v1",
        "subjects": [side.subject.digest for side in (comparison.first, comparison.second)],
        "conclusions": [side.conclusion for side in (comparison.first, comparison.second)],
        "paired": comparison.why_not_paired is None,
        "why_not_paired": None if comparison.why_not_paired is None else str(comparison.why_not_paired),
        "verdicts": [_verdict_json(one) for one in comparison.verdicts],
        "measures": [_measure_json(one) for one in comparison.measures],
        "significant_change": {
            "reference": REFERENCE,
            "facts": [
                {"aspect": one.aspect, "changed": one.changed, "what": str(one.what)} for one in comparison.facts
            ],
            "a_person_must_judge": [str(one) for one in TO_JUDGE],
        },
    }


def difference_lines(comparison: Comparison, language: str = "en") -> Iterator[str]:
    """Yield the comparison as plain lines, safe for any terminal."""
    for line in _lines(comparison, Translator(language)):
        yield visible(line)


def _lines(comparison: Comparison, say: Translator) -> Iterator[str]:
    yield say.gettext("From {first} to {second}", first=_name(comparison.first), second=_name(comparison.second))
    words = [
        vocabulary.word(say, vocabulary.CONCLUSIONS, one.conclusion) for one in (comparison.first, comparison.second)
    ]
    yield say.gettext("Conclusion: {before} → {after}", before=words[0], after=words[1])
    if comparison.why_not_paired is None:
        yield say.gettext("Both models were asked about the same rows; tests are paired where they can be.")
    else:
        why = say.text(comparison.why_not_paired)
        yield say.gettext("Tests are as if of different rows: {why}.", why=why)
    turned = [(one.before, one.after) for one in comparison.verdicts if one.before and one.after]
    yield say.gettext("Verdicts that changed: {count}", count=len(turned))
    for before, after in turned:
        old, new = (vocabulary.word(say, vocabulary.VERDICTS, one.verdict) for one in (before, after))
        yield f"  {after.requirement}: {old} → {new}"
    yield from _of_one_alone(comparison, say)
    yield say.gettext("Measures that a requirement rests on and that moved: {count}", count=len(comparison.moved))
    for measure in comparison.moved:
        yield f"  {measure_line(measure, say)}"
    yield from _significance(comparison, say)


def _of_one_alone(comparison: Comparison, say: Translator) -> Iterator[str]:
    """Yield what one of the two was not asked, which is so where they were judged by different policies."""
    before = [one.named.requirement for one in comparison.verdicts if one.after is None]
    after = [one.named.requirement for one in comparison.verdicts if one.before is None]
    if before:
        yield say.gettext("Asked in the first alone: {count} ({names})", count=len(before), names=", ".join(before))
    if after:
        yield say.gettext("Asked in the second alone: {count} ({names})", count=len(after), names=", ".join(after))
    if before or after:
        yield say.gettext("'proofbox judge' holds both against one policy, so that their verdicts can be compared.")


def _significance(comparison: Comparison, say: Translator) -> Iterator[str]:
    yield say.gettext("What bears on a significant change ({reference}):", reference=REFERENCE)
    for fact in comparison.facts:
        sign = say.gettext("changed") if fact.changed else say.gettext("the same")
        yield f"  {vocabulary.word(say, ASPECTS, fact.aspect)} [{sign}]: {say.text(fact.what)}"
    yield say.gettext("A person must judge:")
    for text in TO_JUDGE:
        yield f"  {say.text(text)}"


def measure_line(change: MeasureChange, say: Translator) -> str:
    """Return one measure with both intervals and what its test says."""
    record = change.named
    attribute = record.params.get("attribute")
    about = ", ".join(f"{key}={value}" for key, value in record.group.items())
    if not about and isinstance(attribute, list | tuple):
        about = " x ".join(map(str, attribute))
    name = f"{say.measure(record.measure)}{f' ({about})' if about else ''}"
    line = f"{name}: {_value(change.before, say)} → {_value(change.after, say)}"
    if change.test is None or change.adjusted is None:
        why = "" if change.why is None else f"; {say.text(change.why)}"
        return f"{line}{why}"
    told = say.gettext("{method}, p = {p}, by Holm {adjusted}", method=say.text(METHODS[change.test.method]),
                       p=_p(change.test.p_value, say), adjusted=_p(change.adjusted, say))  # fmt: skip
    shown = say.gettext("not shown to have changed")
    if change.shown:
        shown = say.gettext("shown to have changed: {way}", way=vocabulary.word(say, WAYS, change.way))
    apart = say.gettext("difference {value} {interval}", value=say.measured(change.test.difference),
                        interval=_interval(change.test.interval, say))  # fmt: skip
    return f"{line}; {apart}; {told}; {shown}"


def _value(record: MeasurementRecord | None, say: Translator) -> str:
    if record is None:
        return say.gettext("not measured")
    interval = "" if record.interval is None else f" {_interval(record.interval, say)}"
    return f"{say.measured(record.value)}{interval}"


def _interval(interval: Interval, say: Translator) -> str:
    return f"[{say.measured(interval.low)}; {say.measured(interval.high)}]"


def _p(value: float, say: Translator) -> str:
    return say.decimal_sign(f"{value:.2g}")


def _name(assessment: Assessment) -> str:
    product = assessment.subject.product
    return f"{product.get('name', '–')} {product.get('version', '')} ({assessment.subject.digest[:12]})"


def _verdict_json(change: VerdictChange) -> dict[str, Json]:
    named = change.named
    return {
        "policy": named.policy,
        "control": named.control,
        "requirement": named.requirement,
        "level": named.level,
        "before": None if change.before is None else change.before.verdict,
        "after": None if change.after is None else change.after.verdict,
    }


def _measure_json(change: MeasureChange) -> dict[str, Json]:
    named, test = change.named, change.test
    return {
        "id": named.id,
        "check": named.check,
        "params": dict(named.params),
        "measure": named.measure,
        "group": dict(named.group),
        "before": _record_json(change.before),
        "after": _record_json(change.after),
        "judged": change.judged,
        "way": change.way,
        "test": None if test is None else {
            "method": test.method,
            "paired": test.paired,
            "difference": test.difference,
            "interval": _interval_json(test.interval),
            "p_value": test.p_value,
            "adjusted_p_value": change.adjusted,
            "shown": change.shown,
            "detail": dict(test.detail),
        },
        "why": None if change.why is None else str(change.why),
    }  # fmt: skip


def _record_json(record: MeasurementRecord | None) -> Json:
    if record is None:
        return None
    return {"value": record.value, "interval": _interval_json(record.interval), "sample_size": record.sample_size}


def _interval_json(interval: Interval | None) -> Json:
    if interval is None:
        return None
    return {
        "low": interval.low, "high": interval.high, "confidence": interval.confidence, "method": interval.method
    }  # fmt: skip
