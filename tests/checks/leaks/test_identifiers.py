"""Identifiers are recognised alike in tables in memory and in files read in batches; sentences and times are none."""

from __future__ import annotations

import numpy as np
import pytest

from proofbox.checks.leaks import identifiers
from proofbox.checks.leaks.identifiers import identifier_columns, identifiers_of_both

ROWS = 2_000


def columns(seed=1):
    rng = np.random.default_rng(seed)
    mostly = np.arange(ROWS)
    mostly[rng.choice(ROWS, ROWS // 20, replace=False)] = 7
    return {
        "STT": np.arange(ROWS),
        "mã hồ sơ": [f"HS{number:05d}" for number in rng.permutation(ROWS)],
        "khách": mostly,  # differs in most rows, and is not called like an identifier
        "số HĐ": [None, *(f"{number}" for number in range(1, ROWS))],
        "ma_don": mostly,
        "note": [" ".join(rng.choice(["xin", "vay", "vốn", "mua"], 9)) + f" {place}" for place in range(ROWS)],
        "when": [f"2025-01-01 {place // 60:02d}:{place % 60:02d}" for place in range(ROWS)],
        "district": rng.integers(0, 60, ROWS),
        "pay": rng.normal(size=ROWS),
    }


EXPECTED = {"STT": "named", "mã hồ sơ": "named", "ma_don": "named"}


@pytest.mark.parametrize("sample", [1 << 21, 300])
def test_of_files_in_batches_a_sample_says_the_same(data, in_batches, monkeypatch, sample):
    monkeypatch.setattr(identifiers, "_SAMPLE", sample)
    held = data(columns(), time="when")
    assert identifier_columns(held) == EXPECTED
    assert identifier_columns(in_batches(held, size=170, head=50)) == EXPECTED


def test_a_column_without_a_telling_name_must_differ_in_every_row(data, in_batches):
    one = data({"x": np.arange(ROWS), "y": [*range(ROWS - 1), 0]})
    for given in (one, in_batches(one, size=99)):
        assert identifier_columns(given) == {"x": "all_differ"}


def test_a_column_is_left_out_of_two_files_if_it_is_an_identifier_of_both_that_can_tell(data):
    long, other = data(columns(1)), data(columns(2), role="training")
    assert set(identifiers_of_both(long, other)) >= {"STT", "mã hồ sơ"}
    short = data({name: values[:10] for name, values in columns(3).items()})
    assert identifiers_of_both(short, other)["STT"] == "named"
    # Few rows whose districts all differ make it no identifier where the other file repeats them.
    few = data({"no": np.arange(30)})
    repeats = data({"no": np.arange(900) % 63}, role="training")
    assert identifier_columns(few) == {"no": "named"}
    assert identifiers_of_both(few, repeats) == {}
    declared = data({"no": np.arange(900) % 63}, role="training", id_columns=("no",))
    assert identifiers_of_both(few, declared) == {"no": "declared"}
