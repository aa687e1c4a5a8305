from __future__ import annotations

import pytest

from proofbox.policies.errors import BadRecordError
from proofbox.policies.facts import Facts, applies
from proofbox.policies.model import AppliesWhen
from proofbox.policies.record import SubjectRecord


def subject(product=None, model=None, data=None, declared=None) -> SubjectRecord:
    return SubjectRecord(
        digest="0" * 64, files=(), product=product or {}, model=model, data=data or {}, declared=declared or {}
    )


def test_reads_a_recorded_subject():
    found = Facts.from_subject(
        subject(
            {"risk_tier": "high", "sector": "credit", "name": "x"},
            {"task": "binary-classification"},
            {"sensitive": ["sex", "race"]},
            {
                "performance": [{"measure": "accuracy", "at_least": 0.65}, {"measure": "log_loss", "at_most": 0.6}],
                "thresholds": {"VN-FAIR-01": 1},
            },
        )
    )
    assert found == Facts(
        risk_tier="high",
        task="binary-classification",
        sector="credit",
        sensitive=("sex", "race"),
        declared_performance=(("accuracy", 0.65),),
        declared_losses=(("log_loss", 0.6),),
        declared_thresholds={"VN-FAIR-01": 1.0},
    )


def test_what_is_absent_is_unknown():
    assert Facts.from_subject(subject()) == Facts()
    assert Facts.from_subject(subject(data={"task": "regression"})).task == "regression"
    nulls = subject({"risk_tier": None}, None, {"sensitive": None}, {"performance": None, "thresholds": None})
    assert Facts.from_subject(nulls) == Facts()


@pytest.mark.parametrize(
    "broken",
    [
        {"product": {"risk_tier": 3}},
        {"product": {"sector": ["credit"]}},
        {"model": {"task": 1}},
        {"data": {"sensitive": "sex"}},
        {"data": {"sensitive": [1]}},
        {"declared": {"performance": {}}},
        {"declared": {"performance": ["accuracy"]}},
        {"declared": {"performance": [{"measure": "accuracy"}]}},
        {"declared": {"performance": [{"measure": "accuracy", "at_least": True}]}},
        {"declared": {"performance": [{"measure": "accuracy", "at_least": float("nan")}]}},
        {"declared": {"thresholds": []}},
        {"declared": {"thresholds": {"A": "0.8"}}},
    ],
)
def test_another_type_is_refused(broken):
    with pytest.raises(BadRecordError, match="expected"):
        Facts.from_subject(subject(**broken))


def test_every_condition_must_hold_and_the_unknown_excludes_nothing():
    condition = AppliesWhen(risk_tier=("high",), task=("regression",))
    assert applies(None, Facts())
    assert applies(condition, Facts(risk_tier="high", task="regression", sector="credit"))
    assert applies(condition, Facts(risk_tier="high"))
    assert not applies(condition, Facts(risk_tier="low", task="regression"))
    assert not applies(condition, Facts(risk_tier="high", task="binary-classification"))
