"""Times are read as a person of this country reads them."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from proofbox.checks.leaks.times import Reader, time_overlap

LATE = datetime(2025, 3, 4, 5, 6, 7)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([date(2025, 3, 4), None]),
        pa.array([LATE, None], pa.timestamp("ms")),
        pa.array(["04/03/2025", None]),
        pa.array(["4.3.2025 05:06", "không rõ"]),
        pa.array(["2025-03-04T05:06:07Z", "31/02/2025"]),
    ],
)
def test_dates_of_every_form_are_the_same_day(column):
    reader = Reader()
    columns = [pa.chunked_array([column])]
    reader.look(columns)
    seconds = reader.seconds(columns[0])
    day = (np.datetime64("2025-03-04") - np.datetime64("1970-01-01")).astype(int)
    assert seconds[0] // 86_400 == day
    assert np.isnan(seconds[1])


@pytest.mark.parametrize(
    ("values", "order", "mixed"),
    [
        (["03/04/2025"], "day first, as nothing shows otherwise", False),
        (["03/04/2025", "13/04/2025"], "day first", False),
        (["03/04/2025", "04/13/2025"], "month first", False),
        (["13/04/2025", "04/13/2025"], "month first", True),
        (["2025-04-03"], None, False),
    ],
)
def test_the_order_of_day_and_month_is_that_of_the_column(values, order, mixed):
    reader = Reader()
    reader.look([pa.chunked_array([pa.array(values)])])
    assert (reader.order, reader.mixed) == (order, mixed)


def test_written_dates_are_read_in_that_order(data):
    assert overlap(data, ["03/04/2025", "12/31/2025"], ["03/20/2025", "03/31/2025"]).rows.tolist() == [0]
    assert overlap(data, ["03/04/2025", "31/12/2025"], ["20/03/2025", "31/03/2025"]).rows.tolist() == []


def overlap(data, ours, theirs):
    return time_overlap(data({"t": ours}), data({"t": theirs}, role="training"), "t", "t")


def test_planted_rows_that_are_not_later_are_counted_exactly(data):
    """500 rows before the last training row, one at the same time, 500 after it."""
    last = np.datetime64("2025-06-30T00:00:00", "s")
    rng = np.random.default_rng(1)
    before = last - rng.integers(1, 10**7, 500).astype("timedelta64[s]")
    after = last + rng.integers(1, 10**7, 500).astype("timedelta64[s]")
    times = np.concatenate([before, [last], after])
    order = rng.permutation(len(times))
    ours = pa.array([str(time).replace("T", " ") for time in times[order]] + [None])
    theirs = pa.array([*(last - np.arange(1_000).astype("timedelta64[h]"))], pa.timestamp("s"))
    found = overlap(data, ours, theirs)
    assert sorted(found.rows.tolist()) == np.flatnonzero(order <= 500).tolist()
    assert (found.without_time, found.training_without_time) == (1, 0)
    assert found.later_training_rows == int((theirs.to_numpy() > times.min()).sum())


def test_numbers_such_as_years_are_compared_as_numbers_and_not_with_dates(data):
    assert overlap(data, [2024, 2025, 2026], [2019, 2024]).rows.tolist() == [0]
    assert overlap(data, [2024, 2025], ["2019-01-01", "2020-01-01"]) is None


@pytest.mark.parametrize("theirs", [["soon", "later"], [None, None], ["13/01/2025", "01/13/2025"]])
def test_times_that_cannot_be_read_are_not_compared(data, theirs):
    assert overlap(data, ["01/01/2025", "02/02/2025"], pa.array(theirs, pa.string())) is None
