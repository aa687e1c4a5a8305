from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofbox.policies.canonical import canonical, digest
from proofbox.policies.errors import MisuseError
from proofbox.policies.expand import expand, measurement_id, plan_requirements, task_key
from proofbox.policies.facts import Facts
from proofbox.policies.loader import load_policy

FACTS = Facts(risk_tier="high", task="binary-classification", sensitive=("sex", "race", "age"))


def test_each_sensitive_is_one_per_column_with_full_parameters(tiny, checks):
    asked = expand(tiny.policy, FACTS, checks)
    assert [item.params for item in asked] == [
        {"confidence": 0.95, "attribute": ["sex"], "min_group_size": 30},
        {"confidence": 0.95, "attribute": ["race"], "min_group_size": 30},
        {"confidence": 0.95, "attribute": ["age"], "min_group_size": 30},
        {"confidence": 0.95},
    ]
    assert [item.requirement.gate for item in asked] == [False, False, False, True]
    assert asked[0].criterion.threshold == 0.8


@pytest.mark.parametrize(
    ("attribute", "columns"),
    [
        ("each-pair", [["sex", "race"], ["sex", "age"], ["race", "age"]]),
        ("sex", [["sex"]]),
        ("'sex, race'", [["sex", "race"]]),
        ("[sex, race]", [["sex", "race"]]),
    ],
)
def test_attributes(valid, checks, write, attribute, columns):
    policy = load_policy(write(valid.replace("each-sensitive", attribute)), checks=checks).policy
    asked = [item.params["attribute"] for item in expand(policy, FACTS, checks) if item.check == "fair.parity"]
    assert asked == columns


def test_a_column_named_twice_is_asked_once(tiny, checks):
    facts = Facts(sensitive=("sex", "sex"))
    assert len(expand(tiny.policy, facts, checks)) == 2


def test_the_confidence_of_the_criterion_reaches_the_check(valid, checks, write):
    policy = load_policy(write(valid.replace("guarded,", "guarded, confidence: 0.99,")), checks=checks).policy
    asked = expand(policy, FACTS, checks)
    assert asked[0].params["confidence"] == 0.99
    assert asked[-1].params["confidence"] == 0.95


def test_equal_tasks_have_equal_keys(tiny, checks, valid, write):
    again = load_policy(write(valid.replace("each-sensitive", "each-sensitive, min_group_size: 30")), checks=checks)
    mine, theirs = expand(tiny.policy, FACTS, checks), expand(again.policy, FACTS, checks)
    assert [item.task for item in mine] == [item.task for item in theirs]
    other = load_policy(write(valid.replace("each-sensitive", "each-sensitive, min_group_size: 31")), checks=checks)
    assert expand(other.policy, FACTS, checks)[0].task != mine[0].task


@pytest.mark.parametrize(("sensitive", "attribute"), [((), "each-sensitive"), (("sex",), "each-pair")])
def test_nothing_to_compare_is_settled_with_a_reason(valid, checks, write, sensitive, attribute):
    policy = load_policy(write(valid.replace("each-sensitive", attribute)), checks=checks).policy
    planned = plan_requirements(policy, Facts(sensitive=sensitive), checks)[0]
    assert planned.expected == ()
    assert planned.settled[0] == "not-applicable"
    assert "sensitive column" in str(planned.settled[1])


def test_a_requirement_may_be_for_some_products_only(valid, checks, write):
    text = valid.replace(
        "        check: fair.parity", "        applies_when: {task: [regression]}\n        check: fair.parity"
    )
    policy = load_policy(write(text), checks=checks).policy
    planned = plan_requirements(policy, FACTS, checks)[0]
    assert planned.settled[0] == "not-applicable"
    assert "T-FAIR.a is not asked of this product's task" in str(planned.settled[1])


def test_parameters_that_this_version_does_not_have_are_misuse(tiny, checks):
    class Other(checks["prov.digests"].params_type):
        needed: int

    from dataclasses import replace

    newer = {**checks, "prov.digests": replace(checks["prov.digests"], params_type=Other)}
    with pytest.raises(MisuseError, match=r"T-PROV\.a: prov\.digests: parameter 'needed'"):
        expand(tiny.policy, FACTS, newer)


def test_the_id_of_a_measurement_stays_the_same_in_every_version():
    params = {"confidence": 0.95, "attribute": ["giới tính"]}
    content = (
        '{"check":"a.b","group":{"giới tính":"nữ"},"measure":"m",'
        '"params":{"attribute":["giới tính"],"confidence":0.95}}'
    )
    expected = "m-" + hashlib.sha256(content.encode()).hexdigest()[:16]
    assert measurement_id("a.b", params, "m", {"giới tính": "nữ"}) == expected
    assert task_key("a.b", params) == '{"check":"a.b","params":{"attribute":["giới tính"],"confidence":0.95}}'
    assert digest({"a": "\ud800"}) == hashlib.sha256(b'{"a":"\xed\xa0\x80"}').hexdigest()


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none(), max_size=5))
def test_canonical_text_does_not_depend_on_the_order_of_keys(value):
    assert canonical(dict(reversed(value.items()))) == canonical(value)
    assert json.loads(canonical(value)) == value


def test_a_parameter_that_is_a_whole_number_is_the_same_task_in_a_record_that_was_read_again():
    from proofbox.policies.canonical import measurement_id, task_key

    given, read = {"deadline_seconds": 30.0, "sizes": [1.0, 2.5]}, {"deadline_seconds": 30, "sizes": [1, 2.5]}
    assert task_key("a.b", given) == task_key("a.b", read)
    assert measurement_id("a.b", given, "m", {}) == measurement_id("a.b", read, "m", {})
