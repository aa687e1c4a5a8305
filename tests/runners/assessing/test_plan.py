"""The plan: each measurement once, whatever the order in which it is asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proofbox.checks.registry import get_check
from proofbox.runners.assessing.plan import make_plan

WANTED = [
    (name, get_check(name).params(params).model_dump(mode="json"))
    for name, params in (
        ("fairness.demographic_parity", {"attribute": ["sex"]}),
        ("fairness.demographic_parity", {"attribute": ["race"]}),
        ("fairness.demographic_parity", {"attribute": ["sex"], "confidence": 0.99}),
        ("provenance.digests", {}),
        ("robustness.noise", {}),
    )
]


@given(st.lists(st.sampled_from(WANTED), min_size=1, max_size=20))
def test_a_plan_is_a_set(wanted: list) -> None:
    plan = make_plan(wanted)
    keys = [task.key for task in (*plan.static, *plan.dynamic)]
    assert len(keys) == len(set(keys))
    assert plan == make_plan(reversed(wanted))
    assert all(task.check.static for task in plan.static)
    assert not any(task.check.static for task in plan.dynamic)


def test_without_a_model_everything_is_static() -> None:
    assert make_plan(WANTED, recorded_only=True).dynamic == ()
