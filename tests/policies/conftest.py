"""A small world of checks that exist nowhere else, and makers of what the judge is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from proofbox.checks.params import Attribute, CheckParams
from proofbox.checks.result import CaseRow, Counterexample, Inapplicable, Interval, Result
from proofbox.checks.spec import CheckSpec, MeasureSpec
from proofbox.checks.text import t
from proofbox.policies.canonical import measurement_id
from proofbox.policies.expand import Expected, expand
from proofbox.policies.facts import Facts
from proofbox.policies.judge import Evidence, judge
from proofbox.policies.loader import LoadedPolicy, load_policy
from proofbox.policies.record import CounterexampleRecord, MeasurementRecord


class RatioParams(CheckParams):
    attribute: Attribute
    min_group_size: int = 30


def _no_run() -> Result:
    return Inapplicable(t("never run"))


def _measure(name: str, stated: str, better: str) -> MeasureSpec:
    return MeasureSpec(name=name, range=stated, better=better, perfect=None, about="")


def _check(check_id: str, measures: tuple[MeasureSpec, ...], needs: set[str], params: type[CheckParams]) -> CheckSpec:
    return CheckSpec(
        id=check_id,
        summary="",
        doc="",
        measures={measure.name: measure for measure in measures},
        needs=frozenset(needs),
        params_type=params,
        run=_no_run,
        module="fake",
    )


FAKE_CHECKS: Mapping[str, CheckSpec] = {
    spec.id: spec
    for spec in (
        _check(
            "fair.parity",
            (_measure("parity_ratio", "[0, 1]", "higher"), _measure("parity_gap", "[0, 1]", "lower")),
            {"decisions", "data", "params"},
            RatioParams,
        ),
        _check("fair.rates", (_measure("selection_rate", "[0, 1]", "neither"),), {"decisions", "params"}, RatioParams),
        _check(
            "perf.score",
            (
                _measure("accuracy", "[0, 1]", "higher"),
                _measure("recall", "[0, 1]", "higher"),
                _measure("log_loss", "[0, inf)", "lower"),
            ),
            {"decisions", "params"},
            CheckParams,
        ),
        _check(
            "prov.digests",
            (_measure("mismatches", "[0, inf)", "lower"), _measure("coverage", "[0, 1]", "higher")),
            {"subject", "params"},
            CheckParams,
        ),
    )
}

VALID = """\
schema: proofbox/policy/v1
id: tiny
version: 1.10
checked_on: 2026-11-22
expires_on: 2027-11-22
title: {en: Tiny, vi: Nhỏ}
controls:
  - id: T-FAIR
    title: {en: Parity, vi: Ngang bằng}
    objective: {en: Equal rates, vi: Tỷ lệ bằng nhau}
    references: [{framework: own, clause: "1", relation: supports}]
    requirements:
      - id: T-FAIR.a
        level: must
        check: fair.parity
        with: {attribute: each-sensitive}
        criterion: {measure: parity_ratio, at_least: 0.8, decision_rule: guarded, declarable: true}
        remediation: {en: Do better, vi: Làm tốt hơn}
  - id: T-PROV
    title: {en: Digests, vi: Mã băm}
    objective: {en: Same bytes, vi: Cùng nội dung}
    references: [{framework: own, clause: "2", relation: supports}]
    requirements:
      - id: T-PROV.a
        level: must
        gate: true
        check: prov.digests
        criterion: {measure: mismatches, at_most: 0, decision_rule: simple}
        remediation: {en: Send the file, vi: Nộp tệp}
"""


@pytest.fixture(scope="session")
def checks() -> Mapping[str, CheckSpec]:
    return FAKE_CHECKS


@pytest.fixture(scope="session")
def valid() -> str:
    return VALID


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    def _write(text: str, name: str = "policy.yaml") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return _write


@pytest.fixture
def load(write: Callable[..., str]) -> Callable[..., LoadedPolicy]:
    def _load(text: str = VALID, name: str = "policy.yaml") -> LoadedPolicy:
        return load_policy(write(text, name), checks=FAKE_CHECKS)

    return _load


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> LoadedPolicy:
    path = tmp_path_factory.mktemp("tiny") / "policy.yaml"
    path.write_text(VALID, encoding="utf-8")
    return load_policy(str(path), checks=FAKE_CHECKS)


@pytest.fixture(scope="session")
def measured() -> Callable[..., MeasurementRecord]:
    def _measured(
        expected: Expected,
        value: float,
        interval: tuple[float, float] | None = None,
        *,
        group: Mapping[str, str] | None = None,
        rows: int = 100,
        confidence: float = 0.95,
    ) -> MeasurementRecord:
        bounds = interval and Interval(low=interval[0], high=interval[1], confidence=confidence, method="wilson")
        return MeasurementRecord(
            id=measurement_id(expected.check, expected.params, expected.measure, group or {}),
            check=expected.check,
            params=expected.params,
            measure=expected.measure,
            value=value,
            interval=bounds,
            sample_size=rows,
            group=group or {},
            detail={},
        )

    return _measured


FACTS = Facts(risk_tier="high", task="binary-classification", sensitive=("sex", "race"))


@pytest.fixture
def asked(tiny: LoadedPolicy, checks):
    """(parity of sex, parity of race, digests)."""
    return expand(tiny.policy, FACTS, checks)


@pytest.fixture
def run(tiny: LoadedPolicy, checks):
    def _run(*measurements, facts=FACTS, policy=tiny, **evidence):
        return judge([policy], facts, Evidence(measurements=measurements, **evidence), checks)

    return _run


def case(expected, name="c-1", measure=None) -> CounterexampleRecord:
    row = CaseRow(label=t("as submitted"), values=(1,), decision="0")
    shown = Counterexample(
        measure=measure or expected.measure,
        summary=t("it flips"),
        columns=("x",),
        rows=(row,),
        changed=("x",),
        source_row=0,
    )
    return CounterexampleRecord(id=name, check=expected.check, params=expected.params, case=shown)
