"""Print how often drift and bad slices are seen where there are none, and where there are: the tables in docs/shift.md.

Run: python benchmarks/shift.py [--tries 200]. Seeded: the same tables on every machine. Exits with 1 where something is
seen where there is nothing to see in a share that lies three standard errors or more above 5 %.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.random import Generator

from proofbox.checks.registry import get_check
from proofbox.checks.result import Measured
from proofbox.checks.subject import Dataset, Decisions

JOBS = ("x", "y", "z")
Columns = dict[str, np.ndarray]

DRIFTS: dict[str, Callable[[Generator, Columns], Columns]] = {
    "nothing": lambda rng, rows: {},
    "one of six columns, by a fifth of its spread": lambda rng, rows: {"a": rows["a"] + 0.2},
    "one of six columns, by two fifths": lambda rng, rows: {"a": rows["a"] + 0.4},
    "a category, from 30 to 40 %": lambda rng, rows: {"job": rng.choice(JOBS, len(rows["job"]), p=[0.4, 0.4, 0.2])},
    "a tenth of the values missing": lambda rng, rows: {
        "b": np.where(rng.random(len(rows["b"])) < 0.1, np.nan, rows["b"])
    },
    "two columns go together that did not": lambda rng, rows: {"b": rows["a"]},
}  # fmt: skip

SLICES = {"nothing": 0.0, "a fifth of the rows, 10 points worse": 0.1, "a fifth of the rows, 25 points worse": 0.25}


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tries", type=int, default=200)
    tries = arguments.parse_args().tries
    worst = 0.0
    print("| what moved | rows in either file | some column drifted | told apart (p at most 0.05) |\n|---|---|---|---|")
    for name, changed in DRIFTS.items():
        for rows in (200, 1_000):
            found = np.mean([drifted(seed, rows, changed) for seed in range(tries)], axis=0)
            print(f"| {name} | {rows:,} | {found[0]:.3f} | {found[1]:.3f} |")
            worst = max(worst, *found) if name == "nothing" else worst
    print("\n| which slice is bad | rows | some slice falls short | shortfall above 0 |\n|---|---|---|---|")
    for name, gap in SLICES.items():
        for rows in (500, 2_000):
            found = np.mean([fell_short(seed, rows, gap) for seed in range(tries)], axis=0)
            print(f"| {name} | {rows:,} | {found[0]:.3f} | {found[1]:.3f} |")
            worst = max(worst, *found) if name == "nothing" else worst
    print(f"\nData sets each: {tries:,}; something seen where there is nothing: {worst:.3f} at most")
    return int(worst > 0.05 + 3 * (0.05 * 0.95 / tries) ** 0.5)


def drifted(seed: int, rows: int, changed: Callable[[Generator, Columns], Columns]) -> tuple[bool, bool]:
    rng = np.random.default_rng(seed)
    first, second = columns(rng, rows), columns(rng, rows)
    second |= changed(rng, second)
    found = measured("robustness.drift", {"permutations": 199}, data=dataset(second), training=dataset(first), rng=rng)
    return found["drifted_columns"].value > 0, found["told_apart_p_value"].value <= 0.05


def fell_short(seed: int, rows: int, gap: float) -> tuple[bool, bool]:
    rng = np.random.default_rng(seed)
    made = columns(rng, rows)
    wrong = rng.random(rows) < 0.15 + gap * (made["job"] == "z")
    decided = np.where(wrong, 1 - made["y"], made["y"])
    answer = Decisions(classes=("0", "1"), codes=decided, score=None, positive_label="1", source="model")
    found = measured("robustness.slices", {}, data=dataset(made), decisions=answer, rng=rng)
    return found["slices_that_fall_short"].value > 0, found["worst_slice_shortfall"].interval.low > 0


def columns(rng: Generator, rows: int) -> Columns:
    return {
        "a": rng.normal(size=rows),
        "b": rng.normal(size=rows),
        "c": rng.integers(0, 5, rows),
        "job": rng.choice(JOBS, rows, p=[0.3, 0.5, 0.2]),
        "pay": np.round(rng.lognormal(2, 0.5, rows), 1),
        "y": rng.integers(0, 2, rows),
    }


def dataset(made: Columns) -> Dataset:
    return Dataset(
        role="evaluation",
        path="made",
        table=pa.table({name: pa.array(values) for name, values in made.items()}),
        features=("a", "b", "c", "job", "pay"),
        target="y",
        positive_label="1",
    )


def measured(check_id: str, given: dict[str, object], **inputs: object) -> dict[str, object]:
    spec = get_check(check_id)
    inputs["params"] = spec.params(given)
    result = spec.run(**{name: inputs[name] for name in spec.needs})
    assert isinstance(result, Measured), result
    return {one.measure: one for one in result.measurements}


if __name__ == "__main__":
    sys.exit(main())
