"""Published audits of recorded decisions through the command line: each comes out as it was published."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]

HEAD = """\
schema: proofbox/submission/v1
product:
  name: Recorded decisions
  version: 1.0.0
  provider: {{name: Example Ltd, id: "0101234567", country: VN, contact: ai@example.vn}}
  sector: {sector}
  risk_tier: high
  intended_purpose: Audit of decisions that were taken
data:
  evaluation:
    path: data/decisions.csv
    prediction: decided
    positive_label: 1
    sensitive: [{sensitive}]
{target}"""


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., Path]:
    """Write a submission of recorded decisions: rows of (values..., decided) with their number."""

    def build(
        columns: Sequence[str],
        cells: Mapping[tuple[object, ...], int],
        *,
        sensitive: str,
        target: str | None = None,
        sector: str = "employment",
    ) -> Path:
        folder = tmp_path / "submission"
        (folder / "data").mkdir(parents=True)
        with (folder / "data/decisions.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            for row, count in cells.items():
                writer.writerows([row] * count)
        said = "" if target is None else f"    target: {target}\n"
        text = HEAD.format(sector=sector, sensitive=sensitive, target=said)
        (folder / "submission.yaml").write_text(text, encoding="utf-8")
        return folder

    return build


@pytest.fixture
def measured(quick: Command) -> Callable[..., dict[str, dict]]:
    """Measure with the installed command and return the measurements by name."""

    def measure(submission: Path, check: str, *settings: str) -> dict[str, dict]:
        given = [item for setting in settings for item in ("--set", setting)]
        result = quick("measure", submission, "--check", check, *given, "--json")
        assert result.returncode == 0, result.stderr
        document = json.loads(result.stdout)
        assert not document["errors"], document["errors"]
        return {item["measure"]: item for item in document["measurements"]}

    return measure


TEAL = {("black", 1): 26, ("black", 0): 22, ("white", 1): 206, ("white", 0): 53}
"""Connecticut v. Teal, 457 U.S. 440 (1982): who passed the written examination for supervisor."""

COMPAS = {
    ("African-American", 0, 0): 990,
    ("African-American", 0, 1): 805,
    ("African-American", 1, 0): 532,
    ("African-American", 1, 1): 1369,
    ("Caucasian", 0, 0): 1139,
    ("Caucasian", 0, 1): 349,
    ("Caucasian", 1, 0): 461,
    ("Caucasian", 1, 1): 505,
}
"""ProPublica, "How We Analyzed the COMPAS Recidivism Algorithm" (2016): race, recidivated, rated medium or high."""


def test_connecticut_v_teal(recorded, measured):
    found = measured(recorded(("race", "decided"), TEAL, sensitive="race"), "fairness.decisions_only")
    ratio = found["demographic_parity_ratio"]
    assert round(100 * ratio["value"]) == 68
    assert ratio["interval"]["method"] == "exact"
    assert found["fisher_p_value"]["value"] < 0.001
    assert ratio["detail"]["decisions"] == "recorded"


def test_compas_as_propublica_published_it(recorded, measured):
    submission = recorded(
        ("race", "recidivated", "decided"), COMPAS, sensitive="race", target="recidivated", sector="justice"
    )
    odds = measured(submission, "fairness.equalized_odds")["equalized_odds_difference"]
    recalled, alarms = ([round(100 * one["rate"], 2) for one in block["groups"]] for block in odds["detail"]["rates"])
    assert alarms == [44.85, 23.45]
    assert [round(100 - rate, 2) for rate in recalled] == [27.99, 47.72]
    assert odds["interval"]["low"] > 0.15
    parity = measured(submission, "fairness.predictive_parity")["predictive_parity_difference"]
    assert [round(one["rate"], 2) for one in parity["detail"]["groups"]] == [0.63, 0.59]


CROSSED = {("f", "a"): (10, 90), ("f", "b"): (90, 10), ("m", "a"): (90, 10), ("m", "b"): (10, 90)}


def test_a_case_that_is_fair_on_each_margin_and_unfair_in_an_intersection(recorded, measured):
    cells = {(*who, label): count for who, pair in CROSSED.items() for label, count in zip((1, 0), pair, strict=True)}
    submission = recorded(("sex", "race", "decided"), cells, sensitive="sex, race")
    parity = "fairness.demographic_parity"
    margins = measured(submission, parity)
    assert margins["demographic_parity_difference"]["value"] == 0
    pairs = measured(submission, parity, "attribute=each-pair")["demographic_parity_difference"]
    assert pairs["params"]["attribute"] == ["sex", "race"]
    assert pairs["value"] == pytest.approx(0.8)
    crossed = measured(submission, "fairness.intersectional")["intersectional_difference"]
    assert crossed["value"] == pytest.approx(0.8)
    assert crossed["interval"]["low"] > 0.6


def test_pairs_need_two_columns(recorded, quick):
    cells = {("f", 1): 3, ("m", 0): 3}
    submission = recorded(("sex", "decided"), cells, sensitive="sex")
    result = quick("measure", submission, "--check", "fairness.group_rates", "--set", "attribute=each-pair")
    assert result.returncode == 2
    assert "got one sensitive column (sex), expected at least two" in result.stderr


PAIR_POLICY = """\
schema: proofbox/policy/v1
id: pairs
version: "1"
checked_on: 2026-11-22
expires_on: 2027-11-22
title: {en: Pairs, vi: Từng cặp}
controls:
  - id: PAIR-01
    title: {en: Crossed groups, vi: Nhóm giao nhau}
    objective: {en: Crossed groups are treated alike., vi: Các nhóm giao nhau được đối xử như nhau.}
    references: []
    requirements:
      - id: PAIR-01.a
        level: must
        check: fairness.demographic_parity
        with: {attribute: each-pair}
        criterion: {measure: demographic_parity_ratio, at_least: 0.8, decision_rule: guarded, origin: default}
        remediation: {en: Look at the crossing., vi: Xem xét nhóm giao nhau.}
"""


def test_a_policy_may_ask_for_each_pair(recorded, quick, tmp_path):
    cells = {(*who, label): count for who, pair in CROSSED.items() for label, count in zip((1, 0), pair, strict=True)}
    submission = recorded(("sex", "race", "decided"), cells, sensitive="sex, race")
    policy = tmp_path / "pairs.yaml"
    policy.write_text(PAIR_POLICY, encoding="utf-8")
    result = quick("run", submission, "--policy", policy, "--no-mlflow", "--json")
    assert result.returncode == 1, result.stderr
    (finding,) = json.loads(result.stdout)["findings"]
    assert finding["verdict"] == "fail"
    assert "(sex, race)" in finding["reason"]
