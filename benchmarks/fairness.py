"""Fairness by one counting pass against fairlearn, AIF360, aequitas, bare numpy and duckdb, in one run.

    python benchmarks/fairness.py [--quick] [--peers PYTHON] [--budget SECONDS] [--replicates N]
        [--only points|intervals|stream] [--rows N ...] [--forms FORM ...]

Processor seconds decide (user and system, all threads), wall stands beside them; quote the ratios. ``--peers`` names
the interpreter of an environment that holds aif360 and aequitas, which cannot share one with everything here. A call
that would take longer than ``--budget`` by what the size before took is not made, and says so.
"""

# ruff: noqa: E501 - programs of other interpreters
from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from fairness_ways import (
    CROSSED,
    JOINED,
    RATES,
    SIZES,
    STREAM_ROWS,
    as_strings,
    bare,
    bootstrap,
    counted,
    fairlearns,
    joined,
    made,
    ours,
    ours_with_intervals,
    peer,
    timed,
)


class Budget:
    """Decides which calls of fairlearn are made, and which of anybody's by what they took at the size before."""

    def __init__(self, seconds: float, forms: list[str]) -> None:
        self.seconds = seconds
        self.forms = forms
        self._last: dict[str, tuple[int, float]] = {}

    def expected(self, who: str, rows: int) -> float:
        before, seconds = self._last.get(who, (rows, 0.0))
        return seconds * rows / before

    def spent(self, who: str, rows: int, seconds: float) -> None:
        self._last[who] = (rows, seconds)


def points(sizes: list[int], peers: str | None, budget: Budget) -> None:
    print("\n### Rates and gaps of all groups, without intervals\n")
    print("| rows | groups | who | processor s | wall s | x ours from codes | x ours from strings |")
    print("|---|---|---|---|---|---|---|")
    for rows in sizes:
        table = made(rows)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.parquet"
            table = table.append_column("joined", joined(table))
            strings = as_strings(table)
            pq.write_table(table, path)
            for attribute in (("race",), CROSSED, JOINED):
                _points(rows, attribute, (table, strings), (peers, path), budget)


def _points(
    rows: int, attribute: tuple[str, ...], tables: tuple[pa.Table, pa.Table], peers: tuple[str | None, Path],
    budget: Budget,
) -> None:  # fmt: skip
    table, strings = tables
    sizes = SIZES | {"joined": 60}
    groups = f"{np.prod([sizes[name] for name in attribute])}{' in one column' if attribute == JOINED else ''}"
    codes_cpu, codes_wall, found = timed(lambda: ours(table, attribute), 7)
    text_cpu, text_wall, same = timed(lambda: ours(strings, attribute), 5)
    assert found == same
    bare_cpu, bare_wall, _ = timed(bare(table, CROSSED if attribute == JOINED else attribute), 7)
    pass_cpu, pass_wall, _ = timed(lambda: counted(table, attribute), 7)

    def line(who: str, cpu: float, wall: float) -> None:
        ratios = f"{cpu / codes_cpu:,.1f} | {cpu / text_cpu:,.1f}"
        print(f"| {rows:,} | {groups} | {who} | {cpu:.5f} | {wall:.5f} | {ratios} |", flush=True)

    line("proofbox, dictionary-encoded columns", codes_cpu, codes_wall)
    line("proofbox, string columns", text_cpu, text_wall)
    line(f"its counting pass alone: {pass_cpu / bare_cpu:.1f} times the next line", pass_cpu, pass_wall)
    line("bare `numpy.bincount` of ready joint codes", bare_cpu, bare_wall)
    for form in budget.forms:
        who = f"fairlearn MetricFrame, {form}"
        expected = budget.expected(f"{who} {groups}", rows)
        if expected > budget.seconds:
            print(f"| {rows:,} | {groups} | {who} | not run, about {expected:,.0f} | | | |", flush=True)
            continue
        cpu, wall, (by_group, gaps) = timed(fairlearns(table, attribute, strings=form == "strings"))
        budget.spent(f"{who} {groups}", rows, cpu)
        _same(found, by_group, gaps)
        line(who, cpu, wall)
    for who in ("aequitas", "aif360") if len(attribute) == 1 else ():
        expected = budget.expected(f"{who} {groups}", rows)
        if expected > budget.seconds:
            print(f"| {rows:,} | {groups} | {who} | not run, about {expected:,.0f} | | | |", flush=True)
        elif (told := peer(peers[0], who, peers[1], attribute)) is None:
            print(f"| {rows:,} | {groups} | {who} | not installed | | | |", flush=True)
        else:
            budget.spent(f"{who} {groups}", rows, told["cpu"])
            for group, rates in told["found"].items():
                for rate, value in rates.items():
                    assert abs(found[rate][group] - value) < 1e-9, (who, group, rate)
            line(who, told["cpu"], told["wall"])


def _same(found: dict, by_group: object, gaps: object) -> None:
    """Both give the same numbers to 1e-9."""
    for rate in RATES:
        for key, value in by_group[rate].items():
            assert abs(found[rate][" ".join(key) if isinstance(key, tuple) else key] - value) < 1e-9, (rate, key)
        assert abs(found[rate]["gap"] - gaps[rate]) < 1e-9, rate


def intervals(rows: int, n_boot: int) -> None:
    print(f"\n### Intervals of all rates and gaps at {rows:,} rows, 5 groups\n")
    print("| who | processor s | wall s | x less than fairlearn |")
    print("|---|---|---|---|")
    table, attribute = made(rows), ("race",)
    ours_with_intervals(table, attribute)
    cpu, wall, _ = timed(fairlearns(table, attribute, strings=False, n_boot=n_boot))
    print(f"| fairlearn MetricFrame, n_boot={n_boot} | {cpu:.1f} | {wall:.1f} | 1 |", flush=True)
    for who, call in (
        ("proofbox: three checks, every interval in closed form", lambda: ours_with_intervals(table, attribute)),
        ("2,000 replicates of the same bootstrap from our table's cells", lambda: bootstrap(table, attribute, 2_000)),
    ):
        mine, mine_wall, _ = timed(call, 7)
        print(f"| {who} | {mine:.5f} | {mine_wall:.5f} | {cpu / mine:,.0f} |", flush=True)


STREAM = r"""
import json, resource, sys, time
sys.path.insert(0, sys.argv[3])
path, who = sys.argv[1], sys.argv[2]
cells = 0
if who == "proofbox":
    import pyarrow as pa, pyarrow.parquet as pq
    from fairness_ways import CROSSED, dataset
    from proofbox.checks.counted.counts import Counts
    class Source:
        rows = pq.read_metadata(path).num_rows
        def batches(self, columns):
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                for batch in file.iter_batches(batch_size=1 << 20, columns=list(columns), use_threads=False):
                    yield pa.Table.from_batches([batch]).select(list(columns))
    head = pq.ParquetFile(path).schema_arrow.empty_table()
    start = time.process_time(), time.perf_counter()
    grouped = Counts(dataset(head, CROSSED, Source())).grouped(CROSSED)
    cells = sorted(grouped.cells[grouped.cells > 0].tolist())
else:
    import duckdb
    con = duckdb.connect()
    con.execute(f"SET threads={who[-1]}")
    start = time.process_time(), time.perf_counter()
    query = f"SELECT race, sex, age, y_true, y_pred, count(*) FROM read_parquet('{path}') GROUP BY ALL"
    cells = sorted(row[-1] for row in con.execute(query).fetchall())
took = time.process_time() - start[0], time.perf_counter() - start[1]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"cpu": took[0], "wall": took[1], "peak_mb": peak, "cells": cells}))
"""

SUBMISSION = """schema: proofbox/submission/v1
product: {{name: Stream, version: 1.0.0, provider: {{name: Bench}}, sector: other, risk_tier: low, intended_purpose: timing}}
data:
  evaluation: {{path: {path}, target: y_true, prediction: y_pred, sensitive: [race, sex, age], positive_label: 1}}
"""


def stream(sizes: list[int]) -> None:
    print("\n### Streaming from parquet: three attributes, true labels and decisions in one pass\n")
    print("| rows | who | processor s | wall s | peak MB | processor / duckdb, 1 thread |")
    print("|---|---|---|---|---|---|")
    per_row = {}
    with tempfile.TemporaryDirectory(prefix="proofbox-bench-") as folder:
        for rows in sizes:
            path = Path(folder) / "stream.parquet"
            _write(path, rows)
            told = {who: _streamed(path, who) for who in ("duckdb-1", "duckdb-2", "proofbox")}
            assert told["proofbox"]["cells"] == told["duckdb-1"]["cells"], "the counts differ"
            told["proofbox measure, parsed behind the walls"] = _command(path, Path(folder))
            names = {"duckdb-1": "duckdb GROUP BY, 1 thread", "duckdb-2": "duckdb GROUP BY, 2 threads",
                     "proofbox": "proofbox, the counting pass over pyarrow's batches, 1 thread"}  # fmt: skip
            for who, one in told.items():
                ratio = one["cpu"] / told["duckdb-1"]["cpu"]
                numbers = f"{one['cpu']:.2f} | {one['wall']:.2f} | {one['peak_mb']:.0f} | {ratio:.2f}"
                print(f"| {rows:,} | {names.get(who, who)} | {numbers} |", flush=True)
            per_row[rows] = told["proofbox"]["cpu"] / rows
            path.unlink()
    first, last = per_row[sizes[0]], per_row[sizes[-1]]
    print(f"\nprocessor time of a row, {sizes[-1]:,} rows / {sizes[0]:,} rows: {last / first:.2f} (linear: at most 1)")


def _write(path: Path, rows: int) -> None:
    step, writer = 1_000_000, None
    for start in range(0, rows, step):
        part = made(min(step, rows - start), seed=start)
        writer = writer or pq.ParquetWriter(path, part.schema, compression="none")
        writer.write_table(part)
    assert writer is not None
    writer.close()


def _streamed(path: Path, who: str) -> dict:
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", STREAM, str(path), who, here], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _command(path: Path, folder: Path) -> dict:
    """The installed command on the file as a submission, from intake to the printed result; processes together."""
    submission = folder / "submission"
    submission.mkdir(exist_ok=True)
    (submission / "submission.yaml").write_text(SUBMISSION.format(path="stream.parquet"))
    (submission / "stream.parquet").unlink(missing_ok=True)
    os.link(path, submission / "stream.parquet")
    argv = [str(Path(sys.executable).with_name("proofbox")), "measure", str(submission), "--check", "fairness.group_rates",
            "--set", "attribute=race,sex,age", "--rows-in-memory", "100000", "--json"]  # fmt: skip
    code = ("import json, resource, subprocess, sys, time; wall = time.perf_counter();"
            "done = subprocess.run(sys.argv[1:], capture_output=True, check=True); wall = time.perf_counter() - wall;"
            "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
            "print(json.dumps({'cpu': used.ru_utime + used.ru_stime, 'wall': wall, 'peak_mb': used.ru_maxrss / 1024,"
            "'measurements': len(json.loads(done.stdout)['measurements'])}))")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, text=True, check=True)
    (submission / "stream.parquet").unlink()
    told = json.loads(done.stdout)
    assert told["measurements"] > 500
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, in about a minute")
    parser.add_argument("--peers", help="python of an environment with aif360 and aequitas")
    parser.add_argument("--budget", type=float, default=600, help="most processor seconds of one call (default 600)")
    parser.add_argument("--replicates", type=int, default=100, help="of fairlearn's bootstrap, 11 s each (default 100)")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000], help="of the points")
    forms = ["categories", "strings"]
    parser.add_argument("--forms", nargs="+", choices=forms, default=forms, help="of the columns given to fairlearn")
    parser.add_argument("--only", choices=["points", "intervals", "stream"])
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pa.set_cpu_count(1)
    if args.only in (None, "points"):
        points([100_000] if args.quick else args.rows, args.peers, Budget(args.budget, args.forms))
    if args.only in (None, "intervals"):
        intervals(10_000 if args.quick else 100_000, 5 if args.quick else args.replicates)
    if args.only in (None, "stream"):
        stream([1_000_000, 3_000_000] if args.quick else list(STREAM_ROWS))


if __name__ == "__main__":
    main()
