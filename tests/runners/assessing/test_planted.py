"""Models that are no function of the row, really hosted: each is told from an honest one, and from the other kinds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from proofbox.runners.assessing.measuring import measure_once
from proofbox.runners.assessing.progress import progress
from proofbox.runners.assessing.settings import Settings

AGAIN, PERMUTED, SMALL, ALONE, FRESH = "again", "permuted", "small batches", "one by one", "elsewhere 1"
ALWAYS = {AGAIN, PERMUTED, "duplicated", SMALL, ALONE, FRESH, "elsewhere 2"}
PARTS = {"clock", "locale", "hostname", "environment"}
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


LABELS = {
    "clock": "with another clock",
    "locale": "with another language and time zone",
    "hostname": "with another name of the machine",
    "environment": "with other environment variables",
}


@dataclass(frozen=True)
class Found:
    """What repeatability said of a planted model."""

    value: float
    rows: int
    probes: list[dict]
    label: str | None
    """Of the second row of the counterexample."""

    @property
    def counts(self) -> dict[str, int]:
        return {probe["probe"]: probe["disagreements"] for probe in self.probes}


def measured(submission: Path, source: str, executor: str = "auto") -> Found:
    """Put a model of that source into the submission and measure its repeatability."""
    (submission / "model/predict.py").write_text(source, encoding="utf-8")
    (submission / "model/model.joblib").unlink()
    file = submission / "submission.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("path: model/model.joblib", "path: model"), "utf-8")
    with progress(enabled=False) as watch:
        outcome = measure_once(submission, "robustness.repeatability", (), Settings(seed=3, executor=executor), watch)
    (found,) = outcome.measurements
    told = json.loads(json.dumps(found.detail))["probes"]
    cases = outcome.counterexamples
    label = str(cases[0].case.rows[1].label) if cases else None
    return Found(value=found.value, rows=found.sample_size, probes=told, label=label)


@pytest.mark.parametrize(("source", "seen_by", "not_by"), PLANTED.values(), ids=PLANTED)
def test_a_planted_model(submission: Path, source: str, seen_by: set[str], not_by: set[str]) -> None:
    found = measured(submission, source)
    counts = found.counts
    assert set(counts) - PARTS == (ALWAYS | {"restarted"} if counts[FRESH] else ALWAYS)
    assert {name for name in seen_by if not counts[name]} == set(), counts
    assert {name for name in not_by if counts[name]} == set(), counts
    assert (found.value == 0) == (not seen_by)
    assert bool(found.label) == bool(seen_by)


# How it takes itself to be tested, and the parts of its surroundings that tell it.
TELLS_A_TEST = {
    "the time": (
        "import pandas\ndef tested():\n    return 2020 < pandas.Timestamp.now().year < 2030\n",
        {"clock"},
    ),
    "the place": (
        "import os, socket, time\nname = socket.gethostname()\ndef tested():\n"
        "    return name == 'sandbox' and time.tzname[0] == 'UTC' and 'USER' not in os.environ\n",
        {"locale", "hostname", "environment"},
    ),
}


@pytest.mark.parametrize(("source", "ways"), TELLS_A_TEST.values(), ids=TELLS_A_TEST)
def test_a_model_that_can_tell_a_test_is_told_by_what_it_looks_at(
    submission: Path, source: str, ways: set[str]
) -> None:
    answer = "def predict_proba(frame):\n    good = (frame['income'] > frame['debt']) * 0.8 + 0.1\n"
    answer += "    return good if tested() else 1 - good\n"
    found = measured(submission, source + answer)
    turned = dict.fromkeys({FRESH, "elsewhere 2", *ways}, found.rows)
    assert found.counts == dict.fromkeys(ALWAYS | PARTS | {"restarted"}, 0) | turned
    assert found.value == 1.0
    assert found.label in {LABELS[way] for way in ways}


def test_landlock_says_that_it_cannot_change_the_hostname(submission: Path) -> None:
    found = measured(submission, HONEST, executor="landlock")
    elsewhere = [probe for probe in found.probes if probe["probe"].startswith("elsewhere")]
    assert [(probe["varied"], probe["not_varied"]) for probe in elsewhere] == [
        (["clock", "locale", "environment"], ["hostname"])
    ] * 2
    assert found.value == 0.0
