import json

import pytest

CHECK = "trial.limits"
KINDS = ("persons", "scale", "value", "technical")


def limits(**changed):
    return [
        {"kind": kind, "name": f"most {kind}", "most": 100, "reached": 40} | changed.get(kind, {}) for kind in KINDS
    ]


@pytest.fixture
def given(subject):
    def found(listed, name="trial.json"):
        return subject({name: json.dumps({"limits": listed}).encode()}, documents={"trial_record": name})

    return found


@pytest.mark.parametrize("name", ["trial.json", "trial.yaml"])
def test_perfect_all_limits_are_held(measures, given, name):
    found = measures(CHECK, subject=given(limits(value={"reached": 100}), name))
    assert {one.measure: one.value for one in found.values()} == {
        "limits_exceeded": 0,
        "limits_unmeasured": 0,
        "limits_missing": 0,
    }


def test_worst_every_limit_is_exceeded(measures, given):
    found = measures(CHECK, subject=given(limits(**{kind: {"reached": 101} for kind in KINDS})))
    assert found["limits_exceeded"].value == 4
    assert found["limits_exceeded"].detail["exceeded"][0] == "most persons"


def test_middle_one_is_exceeded_one_not_measured_and_one_kind_missing(measures, given):
    listed = limits(persons={"reached": 100.5}, value={"reached": None})[:3]
    found = measures(CHECK, subject=given(listed))
    assert (found["limits_exceeded"].value, found["limits_unmeasured"].value) == (1, 1)
    assert found["limits_missing"].detail["kinds"] == ["technical"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"limits": []}', "at least 1"),
        (b'{"limits": [{"kind": "money", "name": "x", "most": 1}]}', "money"),
        (b'{"limits": [{"kind": "value", "name": "x", "most": -1}]}', "most"),
        (b"{", "trial.json:1:2"),
        (b"\xff", "0xff"),
    ],
)
def test_degenerate_a_record_that_cannot_be_read_is_no_evidence(why, subject, raw, said):
    who = subject({"trial.json": raw}, documents={"trial_record": "trial.json"})
    assert said in why(CHECK, subject=who)


def test_inapplicable_without_a_record(why, subject):
    assert "names no such document" in why(CHECK, subject=subject({}))
