"""What changed between two assessments: verdicts, measures, one family of tests, and what bears on significance."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from proofbox.checks.result import Interval
from proofbox.checks.statistics import tested
from proofbox.policies.comparison import compared
from proofbox.policies.record import Assessment
from proofbox.policies.record_json import from_json
from proofbox.policies.significant import Aspect
from proofbox.reports.difference import difference_lines

RECORD = Path(__file__).parents[1] / "reports/records/model-a.json"


def said(p_value: float) -> tested.Tested:
    limits = Interval(low=-0.1, high=0.1, confidence=0.95, method="t")
    return tested.Tested(method="paired-t", paired=True, difference=0.0, interval=limits, p_value=p_value)


@pytest.fixture(scope="module")
def first() -> Assessment:
    return from_json(json.loads(RECORD.read_text("utf-8")))


def test_verdicts_that_changed_came_or_went_are_told(first: Assessment) -> None:
    turned = replace(first.findings[0], verdict="not-run")
    second = replace(first, findings=(turned, *first.findings[1:-1]))
    found = compared(first, second, lambda before, after: (None, None), None)
    told = [(one.before and one.before.verdict, one.after and one.after.verdict) for one in found.verdicts]
    assert told == [(first.findings[0].verdict, "not-run"), (first.findings[-1].verdict, None)]


def test_only_what_a_requirement_rests_on_is_tested_and_the_family_is_all_of_it(first: Assessment) -> None:
    judged = {key for finding in first.findings for key in finding.measurements}
    asked: list[str] = []

    def test(before, after):
        asked.append(before.id)
        return said(0.01), None

    found = compared(first, first, test, None)
    assert set(asked) == judged
    assert len(judged) < len(first.measurements)
    adjusted = [one.adjusted for one in found.measures if one.judged]
    assert adjusted == pytest.approx([min(1.0, 0.01 * len(judged))] * len(judged))
    assert all(one.adjusted is None for one in found.measures if not one.judged)
    assert found.moved == ()


def test_the_way_of_a_change_is_what_the_check_says_is_better(first: Assessment) -> None:
    place = next(n for n, one in enumerate(first.measurements) if one.measure == "accuracy")
    lower = replace(first.measurements[place], value=first.measurements[place].value - 0.1)
    second = replace(first, measurements=(*first.measurements[:place], lower, *first.measurements[place + 1 :]))
    for one, other, way in ((first, second, "worse"), (second, first, "better")):
        found = compared(one, other, lambda before, after: (None, None), None)
        assert [change.way for change in found.measures if change.named.id == lower.id] == [way]


@pytest.mark.parametrize(
    ("aspect", "where", "key"),
    [
        ("function", "product", "intended_purpose"),
        ("risk", "product", "risk_tier"),
        ("model", "model", "sha256"),
        ("configuration", "model", "threshold"),
        ("data", "data", "training"),
    ],
)
def test_each_fact_that_bears_on_significance_is_seen(first: Assessment, aspect: Aspect, where: str, key: str) -> None:
    block = {**(getattr(first.subject, where) or {}), key: {"sha256": "other"}}
    second = replace(first, subject=replace(first.subject, **{where: block}))
    same = compared(first, first, lambda before, after: (None, None), None)
    assert not any(fact.changed for fact in same.facts)
    found = compared(first, second, lambda before, after: (None, None), None)
    assert {fact.aspect for fact in found.facts if fact.changed} == {aspect}


def test_what_one_policy_alone_asks_is_no_change_of_safety(first: Assessment) -> None:
    place = next(
        n for n, one in enumerate(first.findings) if one.check.startswith(("robustness", "security", "privacy"))
    )
    without = replace(first, findings=(*first.findings[:place], *first.findings[place + 1 :]))
    apart = compared(without, first, lambda before, after: (None, None), None)
    assert not any(fact.changed for fact in apart.facts)
    lines = list(difference_lines(apart))
    assert "Verdicts that changed: 0" in lines
    assert f"Asked in the second alone: 1 ({first.findings[place].requirement})" in lines
    assert any(line.startswith("Chỉ được hỏi ở gói thứ hai: 1") for line in difference_lines(apart, "vi"))
    other = {"pass": "fail"}.get(first.findings[place].verdict, "pass")
    turned = replace(first.findings[place], verdict=other)
    both = replace(first, findings=(*first.findings[:place], turned, *first.findings[place + 1 :]))
    found = compared(first, both, lambda before, after: (None, None), None)
    assert [fact.aspect for fact in found.facts if fact.changed] == ["safety"]
