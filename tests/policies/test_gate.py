"""Which findings make a command fail, which a baseline excuses, and that the worst code comes first."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from proofbox.checks.result import Interval
from proofbox.checks.statistics import tested
from proofbox.policies.comparison import Comparison, compared
from proofbox.policies.gate import DEFAULT, gate
from proofbox.policies.record import Assessment
from proofbox.policies.record_json import from_json

RECORD = Path(__file__).parents[1] / "reports/records/model-a.json"


@pytest.fixture(scope="module")
def record() -> Assessment:
    return from_json(json.loads(RECORD.read_text("utf-8")))


def judged(
    record: Assessment, verdict: str, level: str = "must", value: float = 0.7, conclusion: str = ""
) -> Assessment:
    """One requirement of at least 0.8, resting on one accuracy with an interval."""
    measured = next(one for one in record.measurements if one.measure == "accuracy" and one.interval is not None)
    model = next(one for one in record.findings if one.criterion is not None)
    criterion = replace(model.criterion, measure="accuracy", comparison="at_least", threshold=0.8)
    finding = replace(model, level=level, verdict=verdict, criterion=criterion, measurements=(measured.id,))
    said = {"pass": "conforms", "fail": "does-not-conform"}.get(verdict, "undetermined")
    if level == "should":
        said = "conforms"
    return replace(
        record, findings=(finding,), measurements=(replace(measured, value=value),), conclusion=said, counterexamples=()
    )


def against(before: Assessment, after: Assessment, p_value: float | None) -> Comparison:
    limits = Interval(low=-1, high=1, confidence=0.95, method="t")
    test = None
    if p_value is not None:
        test = tested.Tested(method="paired-t", paired=True, difference=0.0, interval=limits, p_value=p_value)
    return compared(before, after, lambda one, other: (test, None), None)


@pytest.mark.parametrize(
    ("verdict", "level", "fail_on", "code"),
    [
        ("pass", "must", DEFAULT, 0),
        ("fail", "must", DEFAULT, 1),
        ("inconclusive", "must", DEFAULT, 3),
        ("error", "must", DEFAULT, 3),
        ("not-run", "must", DEFAULT, 3),
        ("fail", "should", DEFAULT, 0),
        ("fail", "should", {"should"}, 1),
        ("inconclusive", "should", {"should", "inconclusive"}, 0),
        ("inconclusive", "must", {"must"}, 0),
        ("fail", "must", {"inconclusive"}, 1),
        ("not-applicable", "must", DEFAULT, 3),
        ("not-applicable", "must", {"must"}, 0),
    ],
)
def test_what_counts_without_a_baseline(record: Assessment, verdict, level, fail_on, code) -> None:
    assert gate(judged(record, verdict, level), fail_on, None).exit_code == code


def test_a_failure_comes_before_a_missing_answer(record: Assessment) -> None:
    failed, opened = (judged(record, verdict).findings[0] for verdict in ("fail", "inconclusive"))
    both = replace(judged(record, "fail"), findings=(replace(opened, requirement="X.b"), failed))
    assert gate(both, DEFAULT, None).exit_code == 1


@pytest.mark.parametrize(
    ("verdicts", "value", "p_value", "state", "code"),
    [
        (("fail", "fail"), 0.6, 0.2, "before", 0),
        (("fail", "fail"), 0.6, 0.01, "worse", 1),
        (("fail", "fail"), 0.75, 0.01, "before", 0),
        (("pass", "fail"), 0.6, 0.9, "new", 1),
        (("inconclusive", "fail"), 0.6, 0.9, "new", 1),
        (("inconclusive", "inconclusive"), 0.69, 0.9, "before", 0),
        (("pass", "inconclusive"), 0.69, 0.9, "new", 3),
        (("fail", "inconclusive"), 0.75, 0.9, "before", 0),
        (("fail", "not-run"), 0.7, 0.9, "worse", 3),
        (("not-run", "not-run"), 0.7, 0.9, "before", 0),
    ],
)
def test_a_baseline_excuses_what_is_not_worse(record: Assessment, verdicts, value, p_value, state, code) -> None:
    old, new = judged(record, verdicts[0]), judged(record, verdicts[1], value=value)
    found = gate(new, DEFAULT, against(old, new, p_value))
    assert [one.state for one in found.failing] == [state]
    assert found.exit_code == code
    assert [one.finding for one in found.excused] == ([new.findings[0]] if state == "before" else [])


def test_exact_figures_are_worse_by_themselves_and_intervals_when_they_lie_apart(record: Assessment) -> None:
    old, new = judged(record, "fail", value=0.7), judged(record, "fail", value=0.69)
    untested = against(old, new, None)
    assert gate(new, DEFAULT, untested).exit_code == 0
    exact = [replace(one, measurements=(replace(one.measurements[0], interval=None),)) for one in (old, new)]
    assert gate(exact[1], DEFAULT, against(exact[0], exact[1], None)).exit_code == 1
    low = Interval(low=0.1, high=0.2, confidence=0.95, method="binned-normal")
    apart = replace(new, measurements=(replace(new.measurements[0], value=0.15, interval=low),))
    assert gate(apart, DEFAULT, against(old, apart, None)).exit_code == 1


def test_a_requirement_that_the_baseline_lacks_is_new_and_an_unexplained_answer_is_not_excused(
    record: Assessment,
) -> None:
    new = judged(record, "fail")
    assert gate(new, DEFAULT, against(replace(new, findings=()), new, 1.0)).exit_code == 1
    open_ended = judged(record, "not-applicable")
    conforming = judged(record, "pass")
    assert gate(open_ended, DEFAULT, against(conforming, open_ended, 1.0)).exit_code == 3
    assert gate(open_ended, DEFAULT, against(open_ended, open_ended, 1.0)).exit_code == 0
