"""Models that are no function of the row, really hosted: each is told from an honest one, and from the other kinds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofbox.runners.assess import Settings
from proofbox.runners.measuring import measure_once
from proofbox.runners.progress import progress

AGAIN, PERMUTED, SMALL, ALONE, FRESH = "again", "permuted", "small batches", "one by one", "restarted"
HONEST = "def predict_proba(frame):\n    return (frame['income'] > frame['debt']) * 0.8 + 0.1\n"
# What it answers, which probes must see it, and which must not.
PLANTED = {
    "honest": (HONEST, set(), {AGAIN, PERMUTED, SMALL, ALONE, FRESH}),
    "random": (
        "import numpy\ndef predict_proba(frame):\n    return numpy.random.default_rng().random(len(frame))\n",
        {AGAIN, PERMUTED, SMALL, ALONE, FRESH},
        set(),
    ),
    "counts its calls": (
        "calls = []\ndef predict_proba(frame):\n    calls.append(1)\n"
        "    return (frame['income'] > 0) * 0.8 + 0.1 if len(calls) < 3 else frame['income'] * 0 + 0.9\n",
        {AGAIN, PERMUTED, SMALL, ALONE},
        {FRESH},
    ),
    "remembers rows": (
        "seen = set()\ndef predict_proba(frame):\n    keys = list(frame['income'])\n"
        "    found = [0.9 if key in seen else 0.1 for key in keys]\n    seen.update(keys)\n    return found\n",
        {AGAIN, PERMUTED, SMALL, ALONE},
        set(),  # one row alone is asked about before all are, so that a fresh process may differ on it
    ),
    "mean of the batch": (
        "def predict_proba(frame):\n    return (frame['income'] > frame['income'].mean()) * 0.8 + 0.1\n",
        {SMALL, ALONE},
        {AGAIN, PERMUTED, FRESH},
    ),
    "rank in the batch": (
        "def predict_proba(frame):\n    return frame['income'].rank(pct=True)\n",
        {SMALL, ALONE},
        {AGAIN, PERMUTED, FRESH},
    ),
    "place in the batch": (
        "def predict_proba(frame):\n    return [0.1 + 0.8 * (place % 2) for place in range(len(frame))]\n",
        {PERMUTED, ALONE},
        {AGAIN, FRESH},
    ),
    "another one in each process": (
        "import os\nflip = os.urandom(64)\ndef predict_proba(frame):\n"
        "    return [0.1 + 0.8 * (flip[int(abs(value) * 1e6) % 64] % 2) for value in frame['income']]\n",
        {FRESH},
        {AGAIN, PERMUTED, SMALL, ALONE},
    ),
}


@pytest.mark.parametrize(("source", "seen_by", "not_by"), PLANTED.values(), ids=PLANTED)
def test_a_planted_model(submission: Path, source: str, seen_by: set[str], not_by: set[str]) -> None:
    (submission / "model/predict.py").write_text(source, encoding="utf-8")
    (submission / "model/model.joblib").unlink()
    file = submission / "submission.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("path: model/model.joblib", "path: model"), "utf-8")
    with progress(enabled=False) as watch:
        outcome = measure_once(submission, "robustness.repeatability", (), Settings(seed=3), watch)
    (found,) = outcome.measurements
    told = json.loads(json.dumps(found.detail))["probes"]
    counts = {probe["probe"]: probe["disagreements"] for probe in told}
    assert set(counts) == {AGAIN, PERMUTED, SMALL, ALONE, FRESH}
    assert {name for name in seen_by if not counts[name]} == set(), counts
    assert {name for name in not_by if counts[name]} == set(), counts
    assert (found.value == 0) == (not seen_by)
    assert bool(outcome.counterexamples) == bool(seen_by)
