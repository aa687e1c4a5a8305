"""When rows came about: the declared column of dates, numbers or written dates as seconds since 1970."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal, TypeAlias

from proofbox.checks.counted.counting import as_dictionary
from proofbox.checks.late import np, pa, pc, pt
from proofbox.checks.leaks.cells import floats
from proofbox.checks.result import Measurement
from proofbox.checks.subject import Dataset
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from numpy.typing import NDArray

Seconds: TypeAlias = "NDArray[np.float64]"
Order = Literal["day first", "month first", "day first, as nothing shows otherwise"]

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?Z?")
_WRITTEN = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


@dataclass(slots=True, kw_only=True)
class Reader:
    """How the times of two files are read; dates with the day first are told from others by both together."""

    order: Order | None = None
    """How written dates are read, where there are any that do not begin with the year."""
    mixed: bool = False
    """Whether some dates have the day first and some the month: then none can be compared."""

    def look(self, columns: Iterable[pa.ChunkedArray]) -> None:
        """Settle the order of day and month by values in which only one order is possible."""
        day = month = written = False
        for column in columns:
            for value in _texts(column):
                if found := _WRITTEN.fullmatch(value):
                    written = True
                    day |= int(found[1]) > 12
                    month |= int(found[2]) > 12
        self.mixed = day and month
        if written:
            self.order = "month first" if month else "day first" if day else "day first, as nothing shows otherwise"

    def seconds(self, column: pa.ChunkedArray) -> Seconds:
        """Return shape (rows,): seconds since 1970 (a column of numbers as it is); NaN where there is no time."""
        kind = column.type
        if pt.is_timestamp(kind) or pt.is_date(kind):
            # Microseconds as floats are exact for 285 years around 1970, and to the second for all others.
            whole = pc.fill_null(column.cast(pa.timestamp("us"), safe=False).cast(pa.int64()), 0).to_numpy()
            times: Seconds = whole / 1e6
            times[column.is_null().to_numpy().astype(np.bool_)] = np.nan
            return times
        if pt.is_integer(kind) or pt.is_floating(kind):
            return floats(column)
        if not (pt.is_dictionary(kind) or pt.is_string(kind) or pt.is_large_string(kind)):
            return np.full(len(column), np.nan)
        dictionary = as_dictionary(column)
        values = [*(self._parsed(str(value)) for value in dictionary.dictionary.to_pylist()), np.nan]
        codes = pc.fill_null(dictionary.indices.cast(pa.int64()), len(values) - 1).to_numpy(zero_copy_only=False)
        read: Seconds = np.array(values, dtype=np.float64)[codes]
        return read

    def _parsed(self, text: str) -> float:
        if found := _ISO.fullmatch(text.strip()):
            year, month, day = found[1], found[2], found[3]
        elif found := _WRITTEN.fullmatch(text.strip()):
            day, month, year = found[1], found[2], found[3]
            if self.order == "month first":
                day, month = month, day
        else:
            return float("nan")
        clock = f"{int(found[4] or 0):02d}:{found[5] or '00'}:{found[6] or '00'}"
        try:
            moment = np.datetime64(f"{int(year):04d}-{int(month):02d}-{int(day):02d}T{clock}", "s")
        except ValueError:
            return float("nan")
        return float(moment.astype(np.int64))


def comparable(first: pa.DataType, second: pa.DataType) -> bool:
    """Whether two columns tell time in one way: both in numbers, or both in dates."""
    return _is_number(first) == _is_number(second)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOverlap:
    """How the times of two files lie to each other."""

    rows: NDArray[np.intp]
    """Evaluation rows that are not later than the last training row."""
    without_time: int
    """Evaluation rows without a time that could be read."""
    training_without_time: int
    later_training_rows: int
    """Training rows that are later than the first evaluation row."""
    order: Order | None


def time_overlap(data: Dataset, training: Dataset, time: str, other: str) -> TimeOverlap | None:
    """Compare the declared times of two files; None where they cannot be compared.

    Parameters
    ----------
    time, other
        The columns that say when a row of ``data``, and of ``training``, came about.
    """
    if not comparable(data.table.column(time).type, training.table.column(other).type):
        return None
    reader = Reader()
    reader.look(chain(_columns(data, time), _columns(training, other)))
    if reader.mixed:
        return None
    first, last = _ends(reader, data, time), _ends(reader, training, other)
    if np.isnan(first).all() or np.isnan(last).all():
        return None
    rows, at, without = [np.zeros(0, dtype=np.intp)], 0, 0
    for column in _columns(data, time):
        times = reader.seconds(column)
        rows.append(np.flatnonzero(times <= last[1]) + at)
        without += int(np.isnan(times).sum())
        at += len(times)
    later = unread = 0
    for column in _columns(training, other):
        times = reader.seconds(column)
        later += int((times > first[0]).sum())
        unread += int(np.isnan(times).sum())
    return TimeOverlap(
        rows=np.concatenate(rows),
        without_time=without,
        training_without_time=unread,
        later_training_rows=later,
        order=reader.order,
    )


def _columns(data: Dataset, name: str) -> Iterable[pa.ChunkedArray]:
    for batch in data.batches([name]):
        yield batch.column(name)


def _ends(reader: Reader, data: Dataset, name: str) -> Seconds:
    ends = np.array([np.nan, np.nan])
    for column in _columns(data, name):
        times = reader.seconds(column)
        if not np.isnan(times).all():
            ends = np.array([np.fmin(ends[0], np.nanmin(times)), np.fmax(ends[1], np.nanmax(times))])
    return ends


def _texts(column: pa.ChunkedArray) -> Iterable[str]:
    if pt.is_dictionary(column.type) or pt.is_string(column.type) or pt.is_large_string(column.type):
        for value in as_dictionary(column).dictionary.to_pylist():
            if value is not None:
                yield str(value).strip()


def _is_number(kind: pa.DataType) -> bool:
    return bool(pt.is_integer(kind) or pt.is_floating(kind))


def time_measurement(data: Dataset, training: Dataset) -> Measurement | Text:
    """Count the evaluation rows that are not later than all training rows, or say why that cannot be told."""
    if data.time is None or training.time is None:
        return t("no time is declared for both files (data.evaluation.time, data.training.time)")
    found = time_overlap(data, training, data.time, training.time)
    if found is None:
        return t("the times in '{column}' cannot be read, or compared with those of the other file", column=data.time)
    return Measurement(
        measure="rows_not_later",
        value=float(len(found.rows)),
        sample_size=data.rows,
        detail={
            "time": data.time if data.time == training.time else f"{data.time} = {training.time}",
            "share": len(found.rows) / data.rows,
            "training_rows_after_the_first_evaluation_row": found.later_training_rows,
            "rows_without_time": found.without_time,
            "training_rows_without_time": found.training_without_time,
            "written_dates_read": found.order,
        },
    )
