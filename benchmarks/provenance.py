"""Leaks between two files: exact rows against duckdb's semi join, near texts against datasketch and rensa.

    python benchmarks/provenance.py [--rows 1000000] [--documents 100000] [--rounds 3] [--yardsticks PYTHON]

Processor seconds decide, wall stands beside them; quote the ratios, which are of one run. The ways alternate, and the
median of the rounds counts. datasketch and rensa are no dependencies: ``--yardsticks`` names the Python of a throw-away
environment that has them (``pip install datasketch rensa pyarrow``); without it those lines are left out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from timing import timed

from proofbox.checks.leaks.minhash import _band_keys, banding, near_texts
from proofbox.checks.leaks.nearnumbers import near_rows
from proofbox.checks.leaks.rowmatch import matching_rows
from proofbox.checks.leaks.shingles import shingles
from proofbox.checks.leaks.streamed import RowSet, matches_of
from proofbox.checks.provenance.leakage import Params, leakage
from proofbox.checks.subject import Dataset

COLUMNS = [f"x{place}" for place in range(30)]
BATCH = 1 << 16
LEAKED = 2_000
SIMILARITY = 0.8


def medians(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float, object]]:
    """Run every way in turn, round after round."""
    taken: dict[str, list[tuple[float, float, object]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, call in ways.items():
            taken[name].append(timed(call))
    return {
        name: (statistics.median(one[0] for one in found), statistics.median(one[1] for one in found), found[0][2])
        for name, found in taken.items()
    }


# Rows.


class Made:
    """Rows of 30 numbers, made batch by batch and never held: a file of any length."""

    def __init__(self, rows: int, seed: int, leaked_from: int | None) -> None:
        self.rows, self.seed, self.leaked_from = rows, seed, leaked_from

    def batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        for at in range(0, self.rows, BATCH):
            yield self.part(at).select(list(columns))

    def part(self, at: int) -> pa.Table:
        number = min(BATCH, self.rows - at)
        values = np.random.default_rng((self.seed, at)).normal(size=(len(COLUMNS), number))
        if self.leaked_from is not None and at == 0:
            values[:, :LEAKED] = np.random.default_rng((self.leaked_from, 0)).normal(
                size=(len(COLUMNS), min(BATCH, self.rows))
            )[:, :LEAKED]
        return pa.table(dict(zip(COLUMNS, values, strict=True)))

    def table(self) -> pa.Table:
        return pa.concat_tables(self.batches(COLUMNS)).combine_chunks()


def dataset(role: str, table: pa.Table, source: object = None) -> Dataset:
    return Dataset(
        role=role,
        path=f"{role}.parquet",
        table=table,
        features=tuple(COLUMNS[:-1]),
        positive_label="1",
        source=source,
    )


def rows(number: int, rounds: int) -> None:
    training, evaluation = Made(number, 1, None).table(), Made(number, 2, 1).table()
    joins = duckdb.connect()
    joins.register("training", training)
    joins.register("evaluation", evaluation)
    query = f"SELECT count(*) FROM evaluation SEMI JOIN training USING ({', '.join(COLUMNS)})"

    def join(threads: int) -> int:
        joins.execute(f"SET threads = {threads}")
        return int(joins.execute(query).fetchone()[0])

    pairs = [(name, name) for name in COLUMNS]
    within = [1e-6] * len(COLUMNS)
    sets = {"all": RowSet(columns=pairs)}
    both = dataset("evaluation", evaluation), dataset("training", training)
    batched = [
        dataset("evaluation", evaluation.slice(0, 1000), Made(number, 2, 1)),
        dataset("training", training.slice(0, 1000), Made(number, 1, None)),
    ]
    ways: dict[str, Callable[[], object]] = {
        "duckdb semi join, 1 thread": lambda: join(1),
        "duckdb semi join, 2 threads": lambda: join(2),
        "proofbox, exact rows": lambda: len(matching_rows(evaluation, training, pairs).rows),
        "making the batches of the next line": lambda: [
            sum(part.num_rows for part in one.source.batches(COLUMNS)) for one in (batched[0], batched[0], batched[1])
        ],
        "proofbox, exact rows in batches": lambda: len(matches_of(*batched, sets)["all"].rows),
        "proofbox, near rows": lambda: len(near_rows(evaluation, training, pairs, within).rows),
        "proofbox, the whole check": lambda: leakage(*both, Params()).measurements[0].value,
    }
    for call in ways.values():
        call()
    found = medians(ways, rounds)
    yardstick = found["duckdb semi join, 1 thread"]
    print(
        f"## Rows: {number:,} of training against {number:,} of evaluation, {len(COLUMNS)} columns, {LEAKED:,} leaked\n"
    )
    print("| who | processor s | wall s | processor / duckdb, 1 thread | wall / duckdb, 1 thread | found |")
    print("|---|---|---|---|---|---|")
    for name, (cpu, wall, result) in found.items():
        said = "" if isinstance(result, list) else f"{result:,.0f}"
        print(f"| {name} | {cpu:.3f} | {wall:.3f} | {cpu / yardstick[0]:.2f} | {wall / yardstick[1]:.2f} | {said} |")
    exact = found["proofbox, exact rows"]
    made, in_batches = found["making the batches of the next line"], found["proofbox, exact rows in batches"]
    print(f"\nexact rows / duckdb: {exact[0] / yardstick[0]:.2f} (at most 2)")
    print(f"\nexact rows in batches, less making them / duckdb: {(in_batches[0] - made[0]) / yardstick[0]:.2f}\n")


def memory(number: int) -> None:
    """Exact rows in batches, in processes of their own: what they hold does not grow with the files."""
    print("## Memory: exact rows in batches that are made as they are read\n")
    print("| rows in each file | processor s | peak MB |\n|---|---|---|")
    for size in (number, 2 * number, 4 * number):
        argv = [sys.executable, __file__, "--rows", str(size), "--only", "streamed"]
        said = json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)
        print(f"| {size:,} | {said['processor']:.1f} | {said['peak_mb']:.0f} |")
    print()


def streamed(number: int) -> None:
    sides = [
        dataset(role, Made(1_000, seed, None).table(), Made(number, seed, leaked))
        for role, seed, leaked in (("evaluation", 2, 1), ("training", 1, None))
    ]
    pairs = [(name, name) for name in COLUMNS]
    cpu, _, found = timed(lambda: len(matches_of(*sides, {"all": RowSet(columns=pairs)})["all"].rows))
    assert found == LEAKED
    # Of this program alone: the peak that getrusage tells begins with that of the process which started it.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"processor": cpu, "peak_mb": peak}))


# Texts.


def texts(number: int) -> tuple[list[str], list[str], list[int]]:
    """Return training texts, evaluation texts, and which of these are near one: 30 to 90 words of a Zipf vocabulary.

    One evaluation text in ten is a training text with up to four words changed.
    """
    rng = np.random.default_rng(7)
    words = np.array([f"w{place}" for place in range(30_000)])
    shares = 1 / np.arange(1, len(words) + 1) ** 0.9
    made = [rng.choice(words, size, p=shares / shares.sum()).tolist() for size in rng.integers(30, 91, number)]
    training, evaluation = made[: number // 2], made[number // 2 :]
    near = []
    for place in range(0, len(evaluation), 10):
        changed = list(training[place])
        for at in rng.integers(0, len(changed), rng.integers(0, 5)):
            changed[at] = f"other{rng.integers(10**6)}"
        evaluation[place] = changed
        if jaccard(changed, training[place]) >= SIMILARITY:
            near.append(place)
    return [" ".join(one) for one in training], [" ".join(one) for one in evaluation], near


def jaccard(one: list[str], other: list[str]) -> float:
    sets = [{tuple(text[at : at + 3]) for at in range(len(text) - 2)} for text in (one, other)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def near(number: int, rounds: int, yardsticks: str | None) -> None:
    training, evaluation, planted = texts(number)
    ours, theirs = pa.array(evaluation), pa.array(training)
    bands, orders = banding(SIMILARITY)
    made = shingles(theirs)
    ways: dict[str, Callable[[], object]] = {
        "proofbox, end to end": lambda: [*near_texts(ours, theirs, SIMILARITY).texts.tolist()],
        "its shingles alone (half of the documents)": lambda: shingles(theirs),
        "its sketch alone (half of the documents)": lambda: _band_keys(made, made.texts, bands, orders),
    }
    found = {name: (*figures[:2], figures[2]) for name, figures in medians(ways, rounds).items()}
    if yardsticks:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "texts.json"
            sketch = {"hashes": made.hashes.tolist(), "starts": made.starts.tolist()}
            said = {"training": training, "evaluation": evaluation, "similarity": SIMILARITY, "bands": bands}
            file.write_text(json.dumps({**said, "orders": orders, "shingles": sketch}))
            for name in ("rensa", "rensa-sketch", "datasketch"):
                argv = [yardsticks, str(Path(__file__).with_name("provenance_yardsticks.py")), name, str(file)]
                out = json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)
                found[out["name"]] = out["processor"], out["wall"], out["found"]
    print(f"## Near texts: {number:,} documents, half of them asked about, {len(planted):,} planted\n")
    print(f"Near: Jaccard of at least {SIMILARITY}; {bands} bands of {orders} orders.\n")
    print("| who | processor s | wall s | microseconds a document | x ours | recall | false |")
    print("|---|---|---|---|---|---|---|")
    base = found["proofbox, end to end"][0]
    for name, (cpu, wall, result) in found.items():
        hits = ""
        if isinstance(result, list):
            hits = f"{len(set(result) & set(planted)) / len(planted):.4f} | {len(set(result) - set(planted))}"
        print(f"| {name} | {cpu:.2f} | {wall:.2f} | {cpu / number * 1e6:.1f} | {cpu / base:.2f} | {hits or ' | '} |")
    if yardsticks:
        for name, least in (("datasketch, end to end", "at least 10"), ("rensa, end to end", "rensa is the fast one")):
            print(f"\n{name} / proofbox, end to end: {found[name][0] / base:.1f} ({least})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--yardsticks", default=None, help="Python with datasketch and rensa")
    parser.add_argument("--only", choices=["rows", "memory", "texts", "streamed"], default=None)
    given = parser.parse_args()
    if given.only == "streamed":
        streamed(given.rows)
        return
    if given.only in (None, "rows"):
        rows(given.rows, given.rounds)
    if given.only in (None, "memory"):
        memory(given.rows)
    if given.only in (None, "texts"):
        near(given.documents, given.rounds, given.yardsticks)


if __name__ == "__main__":
    main()
