"""What each executor costs: start-up added by its walls, loading a scikit-learn model, one row's round trip.

    python benchmarks/executors.py [--starts 7] [--loads 3] [--podman PATH]

Every figure is taken in pairs with the same host program without walls (``unsafe-none``), one after the other, and told
as a difference or a ratio of the pair: the machine may be doing other work. An executor that does not work here is said
to be missing, with its reason. ``--podman`` names the podman to use, where the one on the path does not work.
"""

from __future__ import annotations

import argparse
import json
import pickle
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from sklearn.linear_model import LogisticRegression

from proofbox.sandbox import wire
from proofbox.sandbox.container import Container
from proofbox.sandbox.denials import Tally
from proofbox.sandbox.executor import Executor, Launch, in_order
from proofbox.sandbox.hosted import ModelSpec, open_model
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.unsafe import UnsafeNone

FEATURES = ("a", "b", "c")
LIMITS = Limits(start_seconds=300)
ROUND_TRIPS = 101


def ready_seconds(executor: Executor) -> float:
    """Wall from nothing to a host program that has built its walls and answers."""
    started = time.perf_counter()
    running = executor.launch(Launch(limits=LIMITS))
    try:
        end = wire.Wire(running.wire)
        config = {"mode": "ready", "limits": LIMITS.to_json(), **running.inside.config()}
        deadline = time.monotonic() + 60
        nonce = end.request(wire.CONFIGURE, memoryview(json.dumps(config).encode()), wire.text_shape(), deadline)
        running.count_denied(Tally(), deadline)
        end.reply(nonce, wire.WALLS, wire.text_shape(), deadline)
        return time.perf_counter() - started
    finally:
        running.kill()


def loaded_seconds(executor: Executor, spec: ModelSpec) -> tuple[float, float, int]:
    """Seconds to load the model, median seconds of a one-row round trip, and its peak of memory in bytes."""
    row = pa.table({name: [0.5] for name in FEATURES})
    started = time.perf_counter()
    with open_model(executor, spec, LIMITS) as hosted:
        loaded = time.perf_counter() - started
        trips = []
        for _ in range(ROUND_TRIPS):
            started = time.perf_counter()
            hosted.predict(row)
            trips.append(time.perf_counter() - started)
        return loaded, statistics.median(trips), int(hosted.stats()["peak_resident_bytes"])


def line(executor: Executor, spec: ModelSpec, starts: int, loads: int) -> str:
    """One row of the table."""
    bare = UnsafeNone()
    ready_seconds(executor)
    added = [1000 * (ready_seconds(executor) - ready_seconds(bare)) for _ in range(starts)]
    pairs = [(loaded_seconds(executor, spec), loaded_seconds(bare, spec)) for _ in range(loads)]
    load = statistics.median(ours[0] / theirs[0] for ours, theirs in pairs)
    trip = statistics.median(ours[1] / theirs[1] for ours, theirs in pairs)
    more = statistics.median(ours[2] - theirs[2] for ours, theirs in pairs) / 1e6
    return (
        f"| `{executor.name}` | {executor.level} | {min(added):.0f} / {statistics.median(added):.0f} ms"
        f" | {load:.1f} | {trip:.1f} | {more:+.0f} MB |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--loads", type=int, default=3)
    parser.add_argument("--podman", type=Path)
    given = parser.parse_args()
    rng = np.random.default_rng(20261125)
    rows = rng.normal(size=(500, len(FEATURES)))
    model = LogisticRegression().fit(rows, rows[:, 0] > 0)
    executors = [Container((given.podman,)) if one.name == "container" and given.podman else one for one in in_order()]
    print(
        "| executor | level | start-up added (least / median) | loading, ratio | one row, ratio | memory of its own |"
    )
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pkl"
        path.write_bytes(pickle.dumps(model))
        spec = ModelSpec(
            path=path, format="pickle", features=FEATURES, output="probability", task="binary-classification"
        )
        for executor in executors:
            found = executor.probe()
            if found.available:
                print(line(executor, spec, given.starts, given.loads), flush=True)
            else:
                print(f"| `{executor.name}` | | not here: {found.reason[:60]} | | | |")


if __name__ == "__main__":
    main()
