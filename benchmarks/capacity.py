"""Plan 1e10 decisions, and 1e5 submissions a month, from what the other benchmarks measured: an extrapolation.

    python benchmarks/capacity.py --linear S --boosted S --recorded S --pair RATIO --submission S \\
                                  --bundle-kb KB --database-kb KB --ledger-bytes B --archive-s-per-1000 S

Every number that goes in is measured on a machine that is much smaller than what is planned, and is printed with the
script that gives it; every assumption has a line of its own. Nothing here was run at the size that is planned.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

MILLION = 1e6
DECISIONS = 1e10
SUBMISSIONS = 1e5
CORES = 16
"""Of a node, as the plan has it."""
BUSY = 0.6
"""Share of the time in which a node works: the rest is for peaks, nodes that are lost, and repairs."""
HOURS_A_MONTH = 730.0
KEPT_YEARS = 5
"""How long evidence is kept, as the plan has it."""


@dataclass(frozen=True)
class Measured:
    """What goes in."""

    linear: float
    boosted: float
    recorded: float
    pair: float
    submission: float
    bundle_kb: float
    database_kb: float
    ledger_bytes: float
    archive_s_per_1000: float


def efficiency(pair: float, workers: int) -> float:
    """Share of a worker's speed that is left with so many, by Amdahl's law from what two gave.

    Two workers were ``pair`` times as fast as one: of the work the part ``s = 2 / pair - 1`` was done one after the
    other. So many workers are ``1 / (s + (1 - s) / workers)`` times as fast.
    """
    serial = max(0.0, 2.0 / pair - 1.0)
    return 1.0 / (serial * workers + (1.0 - serial))


def decisions(given: Measured) -> None:
    """Print the plan for 1e10 decisions."""
    print("### 1e10 decisions in one assessment\n")
    print("| model | s a million, one worker | core-hours | hours on 1 node | on 4 nodes, the serial part as it is |")
    print("|---|---|---|---|---|")
    for name, seconds in (
        ("recorded decisions", given.recorded),
        ("linear", given.linear),
        ("boosted trees", given.boosted),
    ):
        alone = seconds * DECISIONS / MILLION / 3600
        times = []
        for nodes in (1, 4):
            workers = nodes * CORES / 2  # the reader, the host and the counting of one worker take about two cores
            times.append(alone / (workers * efficiency(given.pair, int(workers))))
        print(f"| {name} | {seconds:.2f} | {2 * alone:,.0f} | {times[0]:,.1f} | {times[1]:,.1f} |")
    print()


def submissions(given: Measured) -> None:
    """Print the plan for 1e5 submissions a month."""
    core_hours = SUBMISSIONS * given.submission / 3600
    nodes = core_hours / (CORES * BUSY * HOURS_A_MONTH)
    evidence = SUBMISSIONS * given.bundle_kb / 1e6
    database = SUBMISSIONS * given.database_kb / 1e6
    ledger = SUBMISSIONS * given.ledger_bytes / 1e6
    archive = SUBMISSIONS / 1000 * given.archive_s_per_1000 / 3600
    print("### 1e5 small submissions a month\n")
    print("| what | a month | after five years |")
    print("|---|---|---|")
    print(f"| core-hours of assessing | {core_hours:,.0f} | |")
    print(f"| nodes of {CORES} cores, {BUSY:.0%} busy | {math.ceil(nodes)} ({nodes:.2f}) | |")
    print(f"| evidence (bundles), GB | {evidence:,.1f} | {evidence * 12 * KEPT_YEARS:,.0f} |")
    print(f"| record in PostgreSQL, GB | {database:,.1f} | {database * 12 * KEPT_YEARS:,.0f} |")
    print(f"| ledger of attempts, MB | {ledger:,.0f} | {ledger * 12 * KEPT_YEARS:,.0f} |")
    print(f"| hours of one core to verify and judge a month's evidence again | {archive:,.1f} | {archive * 60:,.0f} |")
    print()


def main() -> None:
    """Print the plan."""
    parser = argparse.ArgumentParser()
    for name, text in (
        ("linear", "seconds a million rows, linear model (scale.py)"),
        ("boosted", "seconds a million rows, gradient boosting (scale.py)"),
        ("recorded", "seconds a million recorded decisions (scale.py)"),
        ("pair", "two workers / one (scale.py)"),
        ("submission", "core-seconds of one small submission, its model's starts included (batch.py)"),
        ("bundle-kb", "kilobytes of one bundle (storage.py)"),
        ("database-kb", "kilobytes that one assessment adds to PostgreSQL (storage.py)"),
        ("ledger-bytes", "bytes of one attempt (storage.py)"),
        ("archive-s-per-1000", "seconds for reading 1,000 bundles (storage.py)"),
    ):
        parser.add_argument(f"--{name}", type=float, required=True, help=text)
    given = Measured(**vars(parser.parse_args()))
    decisions(given)
    submissions(given)


if __name__ == "__main__":
    main()
