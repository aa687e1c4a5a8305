"""What the walls cost: prediction behind them against the same call in this process, start-up, one row's round trip.

    python benchmarks/sandbox.py [--rows 1000000] [--passes 3] [--executor auto]

Prediction: one table of float64 columns, cut into batches of 10,000 rows on both sides, the same library and one thread
on both sides; the ways alternate every 100,000 rows. *From the table* is what a user does who has the table:
`to_pandas()` (a model fitted on a frame) or `to_pandas().to_numpy()` of each batch, then the model's method.
*Ready-made* is harder on us: the frame or matrix of all rows lies there already and is sliced. Processor time is that
of both processes together; with two free cores the wall is less, because the rows of the next batch are written while
the model computes.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from proofbox.sandbox import interpreter, wire
from proofbox.sandbox.batches import BATCH_ROWS
from proofbox.sandbox.denials import Tally
from proofbox.sandbox.executor import Executor, Launch, choose
from proofbox.sandbox.hosted import HostedModel, ModelSpec, open_model
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.running import Running
from proofbox.sandbox.unsafe import UnsafeNone

COLUMNS = 30
SLICE = 10 * BATCH_ROWS
"""Rows of one call on each side."""
WAYS = ("walls", "table", "ready")
Calls = dict[str, Callable[[int], Any]]
TICKS = os.sysconf("SC_CLK_TCK")
LIMITS = Limits(wall_seconds=3600, cpu_seconds=3600)


def cpu_of(running: Running) -> float:
    """Seconds of processor time of the sandbox's processes so far, to a hundredth (proc(5): utime and stime)."""
    total = 0
    for member in running.members():
        fields = Path(f"/proc/{member.pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def measured(call: Callable[[], Any], running: Running | None = None) -> tuple[float, float]:
    """Seconds of wall and of processor time of one call, the sandbox's included."""
    inside = cpu_of(running) if running else 0.0
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return wall, cpu + (cpu_of(running) - inside if running else 0.0)


def models(rows: np.ndarray, labels: np.ndarray, names: list[str]) -> Iterator[tuple[str, Any, bool]]:
    """Yield name, fitted model and whether it was fitted on a frame."""
    import pandas as pd
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    frame = pd.DataFrame(rows, columns=names)
    yield (
        "scaled logistic regression, fitted on a frame",
        make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, labels),
        True,
    )
    yield "scaled logistic regression", make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels), False
    yield "logistic regression alone", LogisticRegression().fit(rows, labels), False
    yield "histogram gradient boosting, 100 trees", HistGradientBoostingClassifier().fit(rows, labels), False


def in_process(method: Callable[[Any], Any], table: pa.Table, *, framed: bool) -> Calls:
    """Return the two ways of asking in this process about the rows from one on."""
    whole = table.to_pandas()
    ready = whole if framed else np.ascontiguousarray(whole.to_numpy())

    def from_table(start: int) -> Any:
        frames = (table.slice(at, BATCH_ROWS).to_pandas() for at in range(start, start + SLICE, BATCH_ROWS))
        return np.concatenate([method(frame if framed else frame.to_numpy()) for frame in frames])

    def ready_made(start: int) -> Any:
        cuts = (slice(at, at + BATCH_ROWS) for at in range(start, start + SLICE, BATCH_ROWS))
        return np.concatenate([method(ready.iloc[cut] if framed else ready[cut]) for cut in cuts])

    return {"table": from_table, "ready": ready_made}


def compared(name: str, hosted: HostedModel, calls: Calls, table: pa.Table, passes: int) -> str:
    """One row of the table: sums over all passes, in which the three ways alternate slice by slice."""
    assert hosted._running is not None
    for way in ("table", "ready"):  # the same answers, and all are warm
        assert np.abs(hosted.predict(table.slice(0, SLICE)).values - calls[way](0)).max() < 1e-9
    walls, cpus = dict.fromkeys(WAYS, 0.0), dict.fromkeys(WAYS, 0.0)
    inside = cpu_of(hosted._running)
    for _ in range(passes):
        for start in range(0, table.num_rows, SLICE):
            for way in WAYS:
                wall, cpu = time.perf_counter(), time.process_time()
                if way == "walls":
                    hosted.predict(table.slice(start, SLICE))
                else:
                    calls[way](start)
                walls[way] += time.perf_counter() - wall
                cpus[way] += time.process_time() - cpu
    cpus["walls"] += cpu_of(hosted._running) - inside
    rows = passes * table.num_rows
    ratios = [found["walls"] / found[way] for way in ("table", "ready") for found in (cpus, walls)]
    per_row = " / ".join(f"{1e9 * cpus[way] / rows:.0f}" for way in WAYS)
    return f"| {name} | {per_row} | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |"


def prediction(executor: Executor, total: int, passes: int, folder: Path) -> None:
    rng = np.random.default_rng(20261125)
    names = [f"feature_{place}" for place in range(COLUMNS)]
    fitted = rng.normal(size=(20_000, COLUMNS))
    labels = (fitted[:, 0] + fitted[:, 1] * fitted[:, 2] + rng.normal(size=len(fitted)) > 0).astype(int)
    table = pa.table({name: rng.normal(size=total) for name in names})
    print(f"\n### {total:,} rows of {COLUMNS} float64 columns, output probability, executor {executor.name}\n")
    print(
        "| model | ns a row: walls / table / ready-made | from the table: processor time | wall "
        "| ready-made: processor time | wall |"
    )
    print("|---|---|---|---|---|---|")
    for name, model, framed in models(fitted, labels, names):
        path = folder / "model.pkl"
        path.write_bytes(pickle.dumps(model))
        spec = ModelSpec(
            path=path, format="pickle", features=tuple(names), output="probability", task="binary-classification"
        )
        calls = in_process(model.predict_proba, table, framed=framed)
        with open_model(executor, spec, LIMITS) as hosted:
            print(compared(name, hosted, calls, table, passes), flush=True)
            if framed:  # as most tables are that were read from a file
                mixed = half_whole(table)
                calls = in_process(model.predict_proba, mixed, framed=True)
                print(compared("the same, half of the columns int64", hosted, calls, mixed, passes), flush=True)


def half_whole(table: pa.Table) -> pa.Table:
    """Return the table with every other column rounded to int64."""
    for place in range(0, COLUMNS, 2):
        table = table.set_column(
            place, table.column_names[place], pa.array(np.rint(table[place].to_numpy()).astype(int))
        )
    return table


def ready_seconds(executor: Executor) -> float:
    """Wall from nothing to a host program that has built its walls and answers."""
    started = time.perf_counter()
    running = executor.launch(Launch(limits=LIMITS))
    try:
        end = wire.Wire(running.wire)
        config = {"mode": "ready", "limits": LIMITS.to_json(), **running.inside.config()}
        deadline = time.monotonic() + 60
        nonce = end.request(wire.CONFIGURE, memoryview(json.dumps(config).encode()), wire.text_shape(), deadline)
        if running.inside.counted:
            running.count_denied(Tally(), deadline)
        end.reply(nonce, wire.WALLS, wire.text_shape(), deadline)
        return time.perf_counter() - started
    finally:
        running.kill()


def start_up(executor: Executor, times: int) -> None:
    """The walls' share of a start: against the same host program without walls, in pairs."""
    ready_seconds(executor)
    pairs = [(ready_seconds(executor), ready_seconds(UnsafeNone())) for _ in range(times)]
    added = sorted(1000 * (ours - bare) for ours, bare in pairs)
    print(f"\n### Start-up added by the walls, {times} pairs\n")
    print(
        f"{executor.name}: median {statistics.median(added):.0f} ms, least {added[0]:.0f}, most {added[-1]:.0f}"
        " (at most 150 at the median)"
    )


ECHO = """
import numpy as np
class Model:
    classes_ = np.array([0, 1])
    def predict(self, rows): return np.zeros(len(rows), dtype=np.int64)
Model.__module__ = "__main__"
"""


class Echo:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return eval, (f"(lambda names: (exec({ECHO!r}, names), names['Model']())[1])({{}})",)


def floor(executor: Executor, total: int, folder: Path) -> None:
    """A model that does nothing: what one call costs, and what a row costs, in bytes and time."""
    path = folder / "echo.pkl"
    path.write_bytes(pickle.dumps(Echo()))
    names = tuple(f"feature_{place}" for place in range(COLUMNS))
    spec = ModelSpec(path=path, format="pickle", features=names, output="label", task="binary-classification")
    table = pa.table({name: np.arange(total, dtype=float) for name in names})
    with open_model(executor, spec, LIMITS) as hosted:
        one = table.slice(0, 1)
        for _ in range(200):
            hosted.predict(one)
        trips = []
        assert hosted._running is not None
        spent, inside = time.process_time(), cpu_of(hosted._running)
        for _ in range(2000):
            started = time.perf_counter()
            hosted.predict(one)
            trips.append(1000 * (time.perf_counter() - started))
        spent = (time.process_time() - spent + cpu_of(hosted._running) - inside) / 2000
        hosted.predict(table)
        assert hosted._running is not None
        runs = [measured(lambda: hosted.predict(table), hosted._running) for _ in range(5)]
    trips.sort()
    wall, cpu = (statistics.median(run[place] for run in runs) for place in (0, 1))
    sent = COLUMNS * 8 + (wire.HEADER.size + wire.PLACE.size) / BATCH_ROWS
    back = 8 + wire.HEADER.size / BATCH_ROWS
    print("\n### The floor: a model that does nothing\n")
    print(
        f"One row there and back: median {trips[1000]:.2f} ms, 99 of 100 within {trips[1980]:.2f} ms"
        f" (at most 1 at the median); {1000 * spent:.2f} ms of processor time."
    )
    print(f"Per row: {sent:.1f} bytes to the model, {back:.1f} back, {1e6 / BATCH_ROWS:.0f} calls a million rows,")
    print(f"{1e9 * wall / total:.0f} ns of wall and {1e9 * cpu / total:.0f} ns of processor time.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--starts", type=int, default=21)
    parser.add_argument("--executor", default="auto")
    given = parser.parse_args()
    executor = choose(given.executor)
    with tempfile.TemporaryDirectory(prefix="proofbox-bench-") as folder:
        prediction(executor, given.rows, given.passes, Path(folder))
        floor(executor, given.rows, Path(folder))
    start_up(executor, given.starts)


if __name__ == "__main__":
    if any(os.environ.get(name) != "1" for name in interpreter.THREADS):
        # As many threads as inside: the libraries read this when they are loaded.
        os.execve(
            sys.executable, [sys.executable, *sys.argv], {**os.environ, **dict.fromkeys(interpreter.THREADS, "1")}
        )
    main()
