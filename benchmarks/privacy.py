"""The search for personal data against a loop over cells, classes of equal rows against pandas, coverage of intervals.

    python benchmarks/privacy.py [--rows 1000000] [--loop-rows 3000] [--tries 1000]

Processor seconds decide, wall stands beside them; quote the ratios. The loop applies the same patterns and the library
phonenumbers to one cell after the other, as one would write it first; it is run on fewer rows and scaled.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator

import numpy as np
import phonenumbers
import pyarrow as pa
from timing import timed

from proofbox.checks.counted.rowclasses import row_classes
from proofbox.checks.personal.people import names_in
from proofbox.checks.personal.shapes import EMAIL, SHAPES
from proofbox.checks.personal.table import findings_of
from proofbox.checks.samples.divergence import cramers_v, population_stability, total_variation
from proofbox.checks.subject import Dataset

NOTES = 20_000
NUMBERS = 10


def made(rows: int) -> Dataset:
    """Rows as an office keeps them: two columns that differ in every row, notes that repeat, groups and numbers."""
    rng, plain = np.random.default_rng(1), random.Random(1)
    notes = [
        plain.choice(("gọi lại sau", "đã nộp đủ hồ sơ", "chờ duyệt", "gặp anh Nam")) + f" {place % 97} "
        + (f"SĐT 09{plain.randrange(10**8):08d}" if place % 5 == 0 else f"mã đơn {plain.randrange(10**9)}")
        for place in range(NOTES)
    ]  # fmt: skip
    columns = {
        "mobile": [f"09{place:08d}" for place in range(rows)],
        "mail": [f"kh{place}@example.vn" for place in range(rows)],
        "note": pa.DictionaryArray.from_arrays(pa.array(rng.integers(0, NOTES, rows)), pa.array(notes)),
        "city": pa.DictionaryArray.from_arrays(pa.array(rng.integers(0, 3, rows)), pa.array(["Huế", "Vinh", "Đà Lạt"])),
        "age": rng.integers(18, 90, rows),
    } | {f"x{number}": rng.normal(size=rows) for number in range(NUMBERS)}
    table = pa.table(columns)
    coded = [one.dictionary_encode() if pa.types.is_string(one.type) else one for one in table.columns]
    return Dataset(
        role="evaluation",
        path="x.csv",
        table=pa.table(coded, names=table.column_names),
        features=(),
        positive_label="1",
    )


def loop(data: Dataset, rows: int) -> int:
    """Look at one cell after the other; return the number of cells with a hit."""
    hits = 0
    for name in ("mobile", "mail", "note", "city"):
        for text in data.table.column(name).slice(0, rows).to_pylist():
            found = any(True for _ in phonenumbers.PhoneNumberMatcher(text, "VN"))
            found |= any(shape.pattern.search(text) is not None for shape in (EMAIL, *SHAPES) if not shape.needs)
            found |= any(True for _ in names_in(text))
            hits += found
    return hits


def coverage(tries: int) -> Iterator[tuple[str, str, float]]:
    """Yield (measure, setting, share of simulated data sets whose interval holds the truth)."""
    rng = np.random.default_rng(3)
    populations = {
        "agree": ([0.4, 0.3, 0.2, 0.1], [0.4, 0.3, 0.2, 0.1]),
        "differ": ([0.5, 0.3, 0.15, 0.05], [0.4, 0.3, 0.2, 0.1]),
        "one category is tiny": ([0.85, 0.13, 0.02], [0.8, 0.12, 0.08]),
    }
    for rows in (100, 1000):
        for name, (true, wanted) in populations.items():
            p, q = np.array(true), np.array(wanted)
            truths = np.abs(p - q).sum() / 2, float(((p - q) * np.log(p / q)).sum())
            held = np.zeros(2)
            for _ in range(tries):
                counts = rng.multinomial(rows, p)
                limits = total_variation(counts, q, 0.95, rng)[1], population_stability(counts, q, 0.95)[1]
                held += [one.low <= truth <= one.high for one, truth in zip(limits, truths, strict=True)]
            yield "total variation", f"{name}, {rows} rows", held[0] / tries
            yield "population stability index", f"{name}, {rows} rows", held[1] / tries
    tables = {
        "independent, 2 x 2": [[0.25, 0.25], [0.25, 0.25]],
        "V = 0.30, 2 x 2": [[0.325, 0.175], [0.175, 0.325]],
        "V = 0.80, 2 x 2": [[0.45, 0.05], [0.05, 0.45]],
        "skewed, 2 x 2": [[0.02, 0.08], [0.01, 0.89]],
        "independent, 5 x 10": (np.full((5, 10), 0.02)).tolist(),
        "dependent, 3 x 4": [[0.15, 0.1, 0.05, 0.03], [0.05, 0.1, 0.1, 0.08], [0.02, 0.05, 0.12, 0.15]],
    }
    for rows in (200, 2000):
        for name, cells in tables.items():
            p = np.array(cells)
            truth = np.sqrt(
                ((p**2 / (p.sum(1, keepdims=True) * p.sum(0, keepdims=True))).sum() - 1) / (min(p.shape) - 1)
            )
            held_v = 0
            for _ in range(tries):
                table = rng.multinomial(rows, p.reshape(-1)).reshape(p.shape)
                table = table[table.any(axis=1)][:, table.any(axis=0)]
                if min(table.shape) > 1:
                    interval = cramers_v(table, 0.95)[1]
                    held_v += interval.low <= float(truth) + 1e-12 and float(truth) <= interval.high + 1e-12
            yield "Cramér's V", f"{name}, {rows} rows", held_v / tries


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--loop-rows", type=int, default=3_000)
    parser.add_argument("--tries", type=int, default=1_000)
    given = parser.parse_args()
    data = made(given.rows)
    cells = given.rows * data.table.num_columns
    text_cells = given.rows * 4
    cpu, wall, found = timed(lambda: [(one.column, one.kind, int(one.rows.sum())) for one in findings_of(data)])
    loop_cpu, _, _ = timed(lambda: loop(data, given.loop_rows))
    ours, theirs = cpu / text_cells * 1e6, loop_cpu / (given.loop_rows * 4) * 1e6
    print(f"## Personal data: {given.rows:,} rows, {data.table.num_columns} columns, four of them text\n")
    print("| | processor seconds | wall | per million cells of text |")
    print("|---|---|---|---|")
    print(f"| distinct values, whole columns at once | {cpu:.2f} | {wall:.2f} | {ours:.2f} |")
    scaled = theirs * text_cells / 1e6
    print(f"| a loop over cells (scaled from {given.loop_rows:,} rows) | {scaled:.0f} | | {theirs:.0f} |")
    print(f"\nloop / ours: {theirs / ours:.0f} (over {cells:,} cells; found: {found})")
    names = ["age", "city", "note"]
    cpu, wall, classes = timed(lambda: row_classes(data.table, names))
    frame = data.table.select(names).to_pandas()
    for name in ("city", "note"):
        frame[name] = frame[name].astype("category")
    pandas_cpu, pandas_wall, sizes = timed(lambda: frame.groupby(names, observed=True).size())
    assert len(sizes) == len(classes.sizes), "both count the same classes"
    print(f"\n## Classes of equal rows by {', '.join(names)}: {given.rows:,} rows, {len(sizes):,} classes\n")
    print("| | processor seconds | wall |\n|---|---|---|")
    print(f"| row_classes | {cpu:.2f} | {wall:.2f} |")
    print(f"| pandas groupby, categories | {pandas_cpu:.2f} | {pandas_wall:.2f} |")
    print(f"\npandas / ours: {pandas_cpu / cpu:.2f}")
    print(f"\n## Coverage of nominal 95 % intervals, {given.tries:,} simulated data sets each\n")
    print("| measure | setting | coverage |\n|---|---|---|")
    for measure, setting, share in coverage(given.tries):
        print(f"| {measure} | {setting} | {share:.3f} |")


if __name__ == "__main__":
    main()
