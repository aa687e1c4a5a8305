"""Two assessments of one subject: identical, within the tolerance, or different, and where."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from proofbox.checks.text import t
from proofbox.policies.agreement import Tolerance, agreement, deviation
from proofbox.policies.comparable import TIMED
from proofbox.policies.record import Assessment, ReasonRecord
from proofbox.policies.record_json import from_json

RECORD = Path(__file__).parents[1] / "reports/records/model-a.json"


@pytest.fixture(scope="module")
def recorded() -> Assessment:
    return from_json(json.loads(RECORD.read_text("utf-8")))


def shifted(record: Assessment, by: float, **changed: object) -> Assessment:
    """The same, with the last measurement moved."""
    *others, last = record.measurements
    return replace(record, measurements=(*others, replace(last, value=last.value + by, **changed)))


def test_the_same_record_is_identical_and_a_rounding_is_within_the_tolerance(recorded: Assessment) -> None:
    same = agreement(recorded, recorded)
    assert same.agrees
    assert same.count("identical") == len(recorded.measurements) > 3
    near = agreement(recorded, shifted(recorded, 1e-12))
    assert near.agrees
    assert near.count("within-tolerance") == 1
    assert not agreement(recorded, shifted(recorded, 1e-12), Tolerance(relative=0, origin="mine")).agrees


def test_a_difference_is_told_with_its_place(recorded: Assessment) -> None:
    found = agreement(recorded, shifted(recorded, 1e-3))
    assert not found.agrees
    [one] = [one for one in found.measurements if one.state == "different"]
    assert one.where == "value"
    assert one.id == recorded.measurements[-1].id
    rows = agreement(recorded, shifted(recorded, 0, sample_size=recorded.measurements[-1].sample_size + 1))
    assert [one.where for one in rows.measurements if one.state == "different"] == ["sample_size"]


def test_what_only_one_of_them_measured_is_a_difference(recorded: Assessment) -> None:
    fewer = replace(recorded, measurements=recorded.measurements[1:], findings=())
    assert agreement(recorded, fewer).count("only-recorded") == 1
    assert agreement(fewer, recorded).count("only-measured") == 1
    broken = replace(
        recorded,
        errors=(
            *recorded.errors,
            ReasonRecord(check="x.y", params={}, reason=t("it broke")),
        ),
    )
    found = agreement(recorded, broken)
    assert [(one.kind, one.recorded, one.measured) for one in found.others] == [("errors", "measured", "it broke")]


def test_a_timed_figure_is_left_out_with_what_rests_on_it(recorded: Assessment) -> None:
    timed = replace(recorded.measurements[0], detail={**recorded.measurements[0].detail, TIMED: True})
    first = replace(recorded, measurements=(timed, *recorded.measurements[1:]))
    finding = replace(recorded.findings[0], measurements=(timed.id,), verdict="pass")
    other = replace(finding, verdict="fail")
    slower = replace(
        first,
        measurements=(replace(timed, value=timed.value + 1), *recorded.measurements[1:]),
        findings=(other,),
        conclusion="undetermined",
    )
    found = agreement(replace(first, findings=(finding,)), slower)
    assert found.agrees
    assert found.count("left-out") == 1


def test_verdicts_and_counterexamples_are_compared_too(recorded: Assessment) -> None:
    turned = replace(recorded, findings=(replace(recorded.findings[0], verdict="not-run"), *recorded.findings[1:]))
    assert [one.kind for one in agreement(recorded, turned).others] == ["verdict"]
    case = recorded.counterexamples[0]
    moved = replace(case, case=replace(case.case, source_row=case.case.source_row + 1))
    found = agreement(recorded, replace(recorded, counterexamples=(moved, *recorded.counterexamples[1:])))
    assert [one.kind for one in found.others] == ["counterexamples"]


def test_whole_numbers_are_counts_and_must_be_equal() -> None:
    assert deviation({"a": [1, 10**12]}, {"a": [1, 10**12 + 1]}) == (math.inf, "a.1")
    assert deviation({"a": 1.0}, {"a": 1}) == (0.0, "")
    assert deviation({"a": 0.5}, {"b": 0.5})[0] == math.inf
    assert deviation(True, 1)[0] == math.inf
