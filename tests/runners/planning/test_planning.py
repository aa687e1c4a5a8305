"""`proofbox plan`: the stand-in, the smaller samples, and the command."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from proofbox.checks.errors import ModelFailedError
from proofbox.checks.subject import Dataset
from proofbox.policies.loader import lint, load_policy
from proofbox.runners.assessing.settings import Settings, Watch
from proofbox.runners.errors import UsageError
from proofbox.runners.planning import within
from proofbox.runners.planning.planned import STEPS, Estimate, Planned, Sized, _largest
from proofbox.runners.planning.sizes import COUNTS, PRECISION, policy_bytes, smaller
from proofbox.runners.planning.standin import StandIn
from proofbox.runners.submitted.submission import ModelBlock

SECONDS = {"intake": 1.0, "checks": 100.0, "model": 1.0, "timing": 0.0}
Command = Callable[..., "subprocess.CompletedProcess[str]"]


def standing_in(target, task="binary-classification", output="probability", positive=1):
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    table = pa.table({"x": x, "w": np.where(x > 0, "a", "b"), "y": target(x)})
    data = Dataset(
        role="evaluation", path="e", table=table, features=("x", "w"), target="y", positive_label=str(positive)
    )
    block = ModelBlock(path="m", task=task, features=("x", "w"), output=output, positive_label=positive)
    return StandIn(data, block), table


def test_it_learns_what_is_plain_and_answers_in_the_models_form():
    model, table = standing_in(lambda x: (x > 0.2).astype(int))
    found = model.predict(table.select(["x", "w"]))
    assert np.mean(found.positive == (table.column("y").to_numpy() == 1)) > 0.85
    assert found.classes == ("0", "1")
    assert ((found.score >= 0) & (found.score <= 1)).all()
    labels, _ = standing_in(lambda x: (x > 0.2).astype(int), output="label")
    assert labels.predict(table.select(["x", "w"])).score is None


def test_it_does_for_several_classes_and_for_numbers():
    model, table = standing_in(lambda x: np.digitize(x, [-0.5, 0.5]), task="multiclass-classification")
    found = model.predict(table.select(["x", "w"]))
    assert found.probabilities.shape == (300, 3)
    assert np.allclose(found.probabilities.sum(axis=1), 1)
    numbers, _ = standing_in(lambda x: 3 * x + 1, task="regression")
    answer = numbers.predict(table.select(["x", "w"]))
    assert np.allclose(answer.score, 3 * table.column("x").to_numpy() + 1, atol=0.1)


def test_nonsense_is_refused_as_a_model_would_and_counted_as_no_crash():
    model, _ = standing_in(lambda x: (x > 0).astype(int))
    odd = pa.table({"x": pa.array(["not a number"]), "w": pa.array(["a"])})
    with pytest.raises(ModelFailedError) as caught:
        model.predict(odd)
    assert caught.value.refused
    model.predict(pa.table({"x": [float("inf"), None], "w": pa.array([None, "z"])}))
    # What robustness.malformed_input puts into a column of whole numbers: float64 has no such number.
    model.predict(pa.table({"x": pa.array([-(2**63) + 1, None], pa.int64()), "w": pa.array(["a", "b"])}))


@pytest.mark.parametrize("name", ["baseline", "vn-trusted-ai", "eu-ai-act-high-risk"])
def test_smaller_samples_touch_nothing_but_sample_sizes(name, tmp_path):
    loaded = load_policy(name)
    chosen = smaller(loaded, 1 / 8, 10)
    for before, after in zip(loaded.policy.controls, chosen.policy.controls, strict=True):
        assert before.model_copy(update={"requirements": after.requirements}) == after
        for old, new in zip(before.requirements, after.requirements, strict=True):
            assert old.model_copy(update={"with_": new.with_}) == new
            changed = {key for key in new.with_ if new.with_[key] != old.with_.get(key)}
            assert changed <= COUNTS | {PRECISION}
    assert chosen.digest != loaded.digest
    path = tmp_path / "quick.yaml"
    path.write_bytes(policy_bytes(chosen.policy))
    assert lint(str(path)) == ()
    assert load_policy(str(path)).digest == chosen.digest


def test_the_largest_samples_that_fit_are_found_by_halving():
    for fits in STEPS[1:]:
        asked = []

        def sized(share, fits=fits, asked=asked):
            asked.append(share)
            return SimpleNamespace(share=share, estimate=SimpleNamespace(total=1.0 if share <= fits else 100.0))

        assert _largest(sized, 10).share == fits
        assert len(asked) <= 3
    never = _largest(lambda share: SimpleNamespace(share=share, estimate=SimpleNamespace(total=100.0)), 10)
    assert never.share == STEPS[-1]


def test_a_plan_of_a_real_submission(submission: Path, proofbox: Command, tmp_path: Path) -> None:
    out = tmp_path / "quick.yaml"
    done = proofbox("plan", submission, "--policy", "baseline", "--minutes", "0.001", "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["trial"]["rows"] > 400
    assert found["trial"]["rows_per_second"] > 0
    asked = {task["check"]: task.get("rows", 0) for task in found["usual"]["tasks"]}
    fewer = {task["check"]: task.get("rows", 0) for task in found["fitted"]["tasks"]}
    assert asked["robustness.noise"] > 0
    assert fewer["robustness.repeatability"] < asked["robustness.repeatability"]
    assert found["fits"] is False
    assert all(one["fitted"] > one["usual"] for one in found["half_widths"])
    assert any(one["requirement"] == "BASE-FAIR.b" and one["rows_needed"] > 0 for one in found["usual"]["inconclusive"])
    linted = proofbox("policy", "lint", out)
    assert linted.returncode == 0, linted.stderr
    again = proofbox("plan", submission, "--policy", "baseline", "--minutes", "1", "--out", out)
    assert again.returncode == 2
    assert "is not overwritten" in again.stderr


def test_a_run_within_minutes_takes_the_policy_as_it_is_where_it_fits(
    submission: Path, proofbox: Command, quick: Command, one_control: str, tmp_path: Path
) -> None:
    policy, out = tmp_path / "policy.yaml", tmp_path / "evidence"
    policy.write_text(one_control.format(threshold=0.5), encoding="utf-8")
    given = ("--no-mlflow", "--policy", policy)
    done = proofbox("run", submission, *given, "--minutes", "30", "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    assert "that fits into 30 minutes: the usual sample sizes stay" in done.stderr
    chosen = json.loads(done.stdout)["policies"]
    assert [one["digest"] for one in chosen] == [load_policy(str(policy)).digest]
    refused = quick("run", submission, *given, "--minutes", "30", "--out", out)
    assert refused.returncode == 2
    assert "evidence is never overwritten" in refused.stderr
    refused = quick("run", submission, *given, "--minutes", "30", "--resume", tmp_path / "tasks")
    assert refused.returncode == 2
    assert "each start would plan anew" in refused.stderr


def test_a_run_within_minutes_takes_smaller_samples_under_a_name_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def plan(source, policies, settings, minutes, watch):
        chosen = tuple(smaller(one, 1 / 4, minutes) for one in policies)
        rehearsed = SimpleNamespace(findings=(), half_widths=dict)
        fitted = Sized(share=1 / 4, policies=chosen, rehearsed=rehearsed, estimate=Estimate(**SECONDS))
        usual = Sized(share=1, policies=tuple(policies), rehearsed=rehearsed, estimate=Estimate(**SECONDS))
        return Planned(product="p", rows=1, speed=None, usual=usual, minutes=minutes, fitted=fitted)

    monkeypatch.setattr(within, "plan_submission", plan)
    found = within.policies_within(Path(), ["baseline"], Settings(), 10, watch=Watch(), tell=told.append)
    assert [one.policy.id for one in found] == ["baseline-10-minutes"]
    assert found[0].digest == smaller(load_policy("baseline"), 1 / 4, 10).digest
    assert told[0].startswith("into 10 minutes fit 1/4 of the usual samples")
    with pytest.raises(UsageError, match="--minutes 1: not even 1/4 of the usual samples fit into 1 minutes"):
        within.policies_within(Path(), ["baseline"], Settings(), 1, watch=Watch(), tell=told.append)
