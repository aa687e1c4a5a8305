"""What holds of every judgement, whatever the evidence."""

from __future__ import annotations

import itertools
import json
import pickle
from collections.abc import Callable
from dataclasses import asdict, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proofbox.checks.text import t
from proofbox.policies.judge import Evidence, judge
from proofbox.policies.record import ReasonRecord

from .conftest import FACTS, case

RESULT = st.tuples(st.floats(0, 1), st.floats(0, 0.4), st.floats(0, 0.4))
KIND = st.sampled_from(["measured", "measured", "inapplicable", "error", "missing"])
EVIDENCE = st.tuples(st.tuples(KIND, KIND, KIND), st.tuples(RESULT, RESULT, RESULT))
SETUP = {"max_examples": 80, "deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


def evidence_of(asked, measured: Callable, kinds, results) -> Evidence:
    measurements, inapplicable, errors = [], [], []
    for expected, kind, (value, below, above) in zip(asked, kinds, results, strict=True):
        record = ReasonRecord(check=expected.check, params=expected.params, reason=t("x"))
        if kind == "measured":
            result = round(value) if expected.check == "prov.digests" else value
            measurements.append(measured(expected, result, (result - below, result + above)))
        elif kind == "inapplicable":
            inapplicable.append(record)
        elif kind == "error":
            errors.append(record)
    return Evidence(measurements=tuple(measurements), inapplicable=tuple(inapplicable), errors=tuple(errors))


@settings(**SETUP)
@given(kinds=st.tuples(KIND, KIND, KIND), results=st.tuples(RESULT, RESULT, RESULT))
def test_leaving_evidence_out_never_gives_conforms(tiny, checks, asked, measured, kinds, results):
    evidence = evidence_of(asked, measured, kinds, results)
    full = judge([tiny], FACTS, evidence, checks)
    parts = [
        (name, record) for name in ("measurements", "inapplicable", "errors") for record in getattr(evidence, name)
    ]
    for count in range(len(parts)):
        for kept in itertools.combinations(parts, count):
            chosen = {
                name: tuple(record for kind, record in kept if kind == name)
                for name in ("measurements", "inapplicable", "errors")
            }
            less = judge([tiny], FACTS, Evidence(**chosen), checks)
            if full.conclusion != "conforms":
                assert less.conclusion != "conforms"
            for before, after in zip(full.findings, less.findings, strict=True):
                if before.verdict != "pass":
                    assert after.verdict != "pass"


@settings(**SETUP)
@given(
    given_evidence=EVIDENCE,
    shrink=st.floats(0, 1),
)
def test_more_certain_data_never_turns_a_pass_into_a_fail(tiny, checks, asked, measured, given_evidence, shrink):
    kinds, results = given_evidence
    wide = judge([tiny], FACTS, evidence_of(asked, measured, kinds, results), checks)
    narrower = [(value, below * shrink, above * shrink) for value, below, above in results]
    narrow = judge([tiny], FACTS, evidence_of(asked, measured, kinds, narrower), checks)
    for before, after in zip(wide.findings, narrow.findings, strict=True):
        if before.verdict in {"pass", "fail"}:
            assert after.verdict == before.verdict


@settings(**SETUP)
@given(given_evidence=EVIDENCE, order=st.randoms())
def test_the_order_of_the_evidence_changes_nothing(tiny, checks, asked, measured, given_evidence, order):
    kinds, results = given_evidence
    evidence = evidence_of(asked, measured, kinds, results)
    evidence = replace(evidence, counterexamples=(case(asked[0]), case(asked[1], "c-2")))

    def shuffled(records):
        return tuple(order.sample(records, len(records)))

    other = Evidence(
        measurements=shuffled(evidence.measurements),
        counterexamples=shuffled(evidence.counterexamples),
        inapplicable=shuffled(evidence.inapplicable),
        errors=shuffled(evidence.errors),
    )
    assert judge([tiny], FACTS, other, checks) == judge([tiny], FACTS, evidence, checks)


def test_same_bytes_in_same_bytes_out(run, asked, measured):
    """Judged twice, from copies through JSON and in another order of the evidence, the findings are the same bytes."""
    parity, other, digests = asked
    records = (
        measured(parity, 0.79, (0.7, 0.88)),
        measured(other, 0.9, (0.85, 0.95)),
        measured(digests, 0),
    )

    def said(judged) -> str:
        return json.dumps([asdict(judged)], sort_keys=True, default=str)

    copied = pickle.loads(pickle.dumps(records))
    assert said(run(*records)) == said(run(*copied)) == said(run(*reversed(records)))
