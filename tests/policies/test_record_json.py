from __future__ import annotations

import contextlib
import copy
import json
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks.result import CaseRow, Counterexample, Interval
from proofbox.checks.text import Text, t
from proofbox.policies.errors import BadRecordError, PoliciesError
from proofbox.policies.record import (
    Assessment,
    ControlRecord,
    CounterexampleRecord,
    CriterionRecord,
    FamilyRecord,
    Finding,
    MeasurementRecord,
    PolicyRecord,
    ReasonRecord,
    ReferenceRecord,
    RequirementRecord,
    RunRecord,
    SubjectRecord,
)
from proofbox.policies.record_json import assessment_schema, evidence_json, from_json, to_json

WORD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{}"), max_size=8)
NAME = st.text("abcdef_", min_size=1, max_size=6)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
SCALAR = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | NUMBER | WORD
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORD, inner, max_size=2), max_leaves=4
)
DETAIL = st.dictionaries(WORD, JSON, max_size=2)
WORDS = st.fixed_dictionaries({"en": WORD, "vi": WORD})
TEXTS = st.builds(
    lambda start, values: Text(start + " ".join(f"{{{name}}}" for name in values), values),
    WORD,
    st.dictionaries(NAME, WORD | st.integers(-9, 9) | st.floats(-1, 1), max_size=2),
)
INTERVAL = st.builds(Interval, low=NUMBER, high=NUMBER, confidence=NUMBER, method=WORD)
REASON = st.builds(ReasonRecord, check=WORD, params=DETAIL, reason=TEXTS)
MEASUREMENT = st.builds(
    MeasurementRecord,
    id=WORD,
    check=WORD,
    params=DETAIL,
    measure=WORD,
    value=NUMBER,
    interval=st.none() | INTERVAL,
    sample_size=st.integers(1, 10**9),
    group=st.dictionaries(WORD, WORD, max_size=2),
    detail=DETAIL,
)
ROW = st.builds(
    CaseRow, label=TEXTS, values=st.lists(SCALAR, max_size=3).map(tuple), decision=WORD, score=st.none() | NUMBER
)
CASE = st.builds(
    Counterexample,
    measure=WORD,
    summary=TEXTS,
    columns=st.lists(WORD, max_size=2).map(tuple),
    rows=st.lists(ROW, max_size=2).map(tuple),
    changed=st.lists(WORD, max_size=2).map(tuple),
    source_row=st.integers(0, 10**6),
)
THRESHOLD = NUMBER | st.tuples(NUMBER, NUMBER)
CRITERION = st.builds(
    CriterionRecord,
    measure=WORD,
    comparison=st.sampled_from(["at_least", "at_most", "equals", "between"]),
    threshold=THRESHOLD,
    decision_rule=st.sampled_from(["guarded", "simple"]),
    confidence=NUMBER,
    origin=st.sampled_from(["law", "practice", "default", "provider"]),
    policy_threshold=st.none() | THRESHOLD,
)
CONTROL = st.builds(
    ControlRecord,
    policy=WORD,
    id=WORD,
    title=WORDS,
    objective=WORDS,
    references=st.lists(
        st.builds(ReferenceRecord, framework=WORD, clause=WORD, relation=WORD, source=WORD, confidence=WORD), max_size=1
    ).map(tuple),
    requirements=st.lists(
        st.builds(RequirementRecord, id=WORD, level=st.sampled_from(["must", "should"]), check=WORD, remediation=WORDS),
        max_size=1,
    ).map(tuple),
    applies=st.booleans(),
)
POLICY = st.builds(
    PolicyRecord,
    id=WORD,
    version=WORD,
    digest=WORD,
    title=WORDS,
    checked_on=WORD,
    expires_on=WORD,
    controls=st.lists(CONTROL, max_size=1).map(tuple),
)
SUBJECT = st.builds(
    SubjectRecord,
    digest=WORD,
    files=st.lists(DETAIL, max_size=1).map(tuple),
    product=DETAIL,
    model=st.none() | DETAIL,
    data=DETAIL,
    declared=DETAIL,
)
RUN = st.builds(
    RunRecord,
    seed=st.integers(0, 2**63),
    started_at=WORD,
    finished_at=WORD,
    version=WORD,
    executor=WORD,
    selfcheck=DETAIL,
    limits=DETAIL,
    runner=WORD,
    packages=st.dictionaries(WORD, WORD, max_size=1),
    platform=WORD,
    detail=DETAIL,
)


FAMILY = st.builds(
    FamilyRecord,
    id=WORD,
    procedure=st.sampled_from(["holm", "benjamini-hochberg"]),
    controls=st.sampled_from(["fail", "pass", "both"]),
    confidence=st.floats(0.5, 1),
    members=st.integers(1, 100),
    fail_confidence=st.floats(0.5, 1),
    pass_confidence=st.floats(0.5, 1),
)


@st.composite
def assessments(draw) -> Assessment:
    measurements = draw(st.lists(MEASUREMENT, max_size=2, unique_by=lambda record: record.id))
    cases = draw(
        st.lists(
            st.builds(CounterexampleRecord, id=WORD, check=WORD, params=DETAIL, case=CASE),
            max_size=1,
        )
    )
    findings = draw(
        st.lists(
            st.builds(
                Finding,
                policy=WORD,
                control=WORD,
                requirement=WORD,
                level=st.sampled_from(["must", "should"]),
                verdict=st.sampled_from(["pass", "fail", "inconclusive", "not-applicable", "error", "not-run"]),
                reason=TEXTS,
                check=WORD,
                criterion=st.none() | CRITERION,
                measurements=st.just(tuple(record.id for record in measurements)),
                counterexamples=st.just(tuple(record.id for record in cases)),
                rows_needed=st.none() | st.integers(1, 10**9),
                rows_needed_group=st.none() | DETAIL,
                rows_needed_chance=st.none() | st.floats(0, 1),
                family=st.none() | FAMILY,
                waiver=st.none() | DETAIL,
                further=st.lists(TEXTS, max_size=2).map(tuple),
            ),
            max_size=2,
        )
    )
    return Assessment(
        conclusion=draw(st.sampled_from(["conforms", "does-not-conform", "undetermined"])),
        subject=draw(SUBJECT),
        policies=tuple(draw(st.lists(POLICY, max_size=1))),
        findings=tuple(findings),
        measurements=tuple(measurements),
        counterexamples=tuple(cases),
        inapplicable=tuple(draw(st.lists(REASON, max_size=1))),
        errors=tuple(draw(st.lists(REASON, max_size=1))),
        run=draw(RUN),
    )


@settings(max_examples=50, deadline=None)
@given(assessments())
def test_round_trip(assessment: Assessment):
    data = to_json(assessment)
    assert from_json(data) == assessment
    again = json.loads(json.dumps(data, allow_nan=False))
    assert again == data
    assert json.dumps(to_json(from_json(again)), sort_keys=True) == json.dumps(data, sort_keys=True)


@settings(max_examples=30, deadline=None)
@given(assessments())
def test_what_is_written_meets_its_schema(assessment: Assessment):
    jsonschema.Draft202012Validator(assessment_schema()).validate(to_json(assessment))


@pytest.fixture
def assessment() -> Assessment:
    reason = t("the ratio is {value}", value="0.6917")
    measurement = MeasurementRecord(
        id="m-1",
        check="a.b",
        params={"attribute": ["sex"]},
        measure="ratio",
        value=0.6917,
        interval=Interval(low=0.6, high=0.8, confidence=0.95, method="wilson"),
        sample_size=796,
        group={},
        detail={"label": "1"},
    )
    row = CaseRow(label=t("as submitted"), values=(1, "x", 2.5, True, None), decision="0", score=0.25)
    shown = Counterexample(
        measure="ratio",
        summary=t("one row flips"),
        columns=("a", "b", "c", "d", "e"),
        rows=(row,),
        changed=("a",),
        source_row=7,
    )
    finding = Finding(
        policy="p",
        control="C",
        requirement="C.a",
        level="must",
        verdict="fail",
        reason=reason,
        check="a.b",
        criterion=CriterionRecord(
            measure="ratio",
            comparison="at_least",
            threshold=0.8,
            decision_rule="guarded",
            confidence=0.95,
            origin="default",
        ),
        measurements=("m-1",),
        counterexamples=("c-1",),
        further=(t("the other one is fine"),),
    )
    return Assessment(
        conclusion="does-not-conform",
        subject=SubjectRecord(
            digest="0" * 64, files=(), product={"name": "x"}, model=None, data={"sensitive": ["sex"]}
        ),
        policies=(),
        findings=(finding,),
        measurements=(measurement,),
        counterexamples=(CounterexampleRecord(id="c-1", check="a.b", params={}, case=shown),),
        inapplicable=(ReasonRecord(check="a.c", params={}, reason=t("no groups")),),
        errors=(),
        run=RunRecord(
            seed=1,
            started_at="2026-11-22T00:00:00Z",
            finished_at="2026-11-22T00:00:01Z",
            version="0.1.0",
            executor="bubblewrap",
            selfcheck={},
            limits={},
            runner="local",
            packages={},
            platform="linux",
        ),
    )


def test_the_shape_that_others_rely_on(assessment: Assessment):
    data = to_json(assessment)
    assert data["schema"] == "proofbox/assessment/v1"
    finding = data["findings"][0]
    assert finding["reason"] == "the ratio is 0.6917"
    assert finding["reason_text"] == {"template": "the ratio is {value}", "values": {"value": "0.6917"}}
    assert finding["further"] == [
        {"reason": "the other one is fine", "reason_text": {"template": "the other one is fine", "values": {}}}
    ]
    assert finding["counterexamples"] == ["c-1"]
    interval = {"low": 0.6, "high": 0.8, "confidence": 0.95, "method": "wilson", "basis": None}
    assert data["measurements"][0]["interval"] == interval
    assert data["counterexamples"][0]["case"]["rows"][0]["label"] == "as submitted"
    assert data["counterexamples"][0]["case"]["summary_text"]["template"] == "one row flips"
    assert data["inapplicable"] == [
        {
            "check": "a.c",
            "params": {},
            "measures": [],
            "reason": "no groups",
            "reason_text": {"template": "no groups", "values": {}},
        }
    ]


def test_evidence_alone_has_the_same_forms(assessment: Assessment):
    data = to_json(assessment)
    alone = evidence_json(assessment.measurements, assessment.inapplicable, assessment.errors)
    assert alone == {key: data[key] for key in ("measurements", "inapplicable", "errors")}


def test_keys_of_a_later_version_are_ignored(assessment: Assessment):
    data = to_json(assessment) | {"new": {"reason": 1}}
    data["findings"][0]["more"] = 1
    data["run"]["more"] = [1]
    assert from_json(data) == assessment


def _padded(data):
    data["findings"][0].update(reason="the ratio is   0.6917")
    data["findings"][0]["reason_text"].update(template="the ratio is {value:>8}")


BREAKS = [
    _padded,
    lambda data: data.pop("schema"),
    lambda data: data.update(schema="proofbox/assessment/v2"),
    lambda data: data.pop("findings"),
    lambda data: data.update(findings=3),
    lambda data: data.update(findings=[3]),
    lambda data: data.update(conclusion="certified"),
    lambda data: data["findings"][0].update(verdict="great"),
    lambda data: data["findings"][0].update(reason="the ratio is 0.99"),
    lambda data: data["findings"][0].pop("reason_text"),
    lambda data: data["findings"][0].pop("reason"),
    lambda data: data["findings"][0]["reason_text"].update(template="the ratio is {value:>9999999999}"),
    lambda data: data["findings"][0]["reason_text"].update(template="the ratio is {value.__class__}"),
    lambda data: data["findings"][0]["reason_text"].update(template="the ratio is {other}"),
    lambda data: data["findings"][0]["reason_text"].update(template="{"),
    lambda data: data["findings"][0]["reason_text"].update(values=[]),
    lambda data: data["findings"][0].update(measurements=["m-2"]),
    lambda data: data["findings"][0].update(counterexamples=["c-2"]),
    lambda data: data["findings"][0]["criterion"].update(threshold="0.8"),
    lambda data: data["measurements"][0].update(value="0.6917"),
    lambda data: data["measurements"][0].update(value=float("nan")),
    lambda data: data["measurements"][0].update(value=float("inf")),
    lambda data: data["measurements"][0].update(value=None),
    lambda data: data["measurements"][0].update(sample_size=1.5),
    lambda data: data["measurements"].append(data["measurements"][0]),
    lambda data: data["counterexamples"][0].pop("case"),
    lambda data: data["counterexamples"][0]["case"].update(rows=None),
    lambda data: data["subject"].update(files={"a": object()}),
    lambda data: data.update(run=None),
]


@pytest.mark.parametrize("number", range(len(BREAKS)))
def test_a_malformed_record_is_refused(assessment: Assessment, number: int):
    data = copy.deepcopy(to_json(assessment))
    BREAKS[number](data)
    with pytest.raises(BadRecordError):
        from_json(data)


@pytest.mark.parametrize("junk", [None, 3, [], "x", {}, {"schema": []}])
def test_junk_is_refused(junk):
    with pytest.raises(PoliciesError):
        from_json(junk)


def test_a_bottomless_record_is_refused(assessment: Assessment):
    data = to_json(assessment)
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    data["subject"]["product"] = {"deep": deep}
    with pytest.raises(BadRecordError):
        from_json(data)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_nothing_but_the_rooms_error_comes_out_of_a_damaged_record(data):
    record = to_json(replace(data.draw(assessments())))
    place, key = record, None
    for _ in range(data.draw(st.integers(1, 5))):
        keys = list(place) if isinstance(place, dict) else list(range(len(place))) if isinstance(place, list) else []
        if not keys:
            break
        holder, key = place, data.draw(st.sampled_from(keys))
        place = holder[key]
    holder[key] = data.draw(JSON)
    with contextlib.suppress(PoliciesError):
        from_json(record)
