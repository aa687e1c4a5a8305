"""Robustness checks against their floor, on a model behind the walls, as the tables in docs/robustness.md.

    python benchmarks/robustness.py [perturbation ...] [--rows 20000] [--executor auto]

The floor of a check is the rows that it asks about, times what a row costs the same model in the same sandbox where it
is asked in whole batches, in processor time. Each part is a module of its own; one that misses its bar exits with 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

import robustness_adversarial
import robustness_batches
import robustness_perturbation
import robustness_properties
from robustness_hosting import Settings

PARTS: Mapping[str, Callable[[Settings], bool]] = {
    "perturbation": robustness_perturbation.report,
    "batches": robustness_batches.report,
    "adversarial": robustness_adversarial.report,
    "properties": robustness_properties.report,
}
"""Name -> prints its tables, returns whether the bar was met."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", choices=[*PARTS, []], help="what to measure; without a name, everything")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--executor", default="auto")
    given = parser.parse_args()
    settings = Settings(rows=given.rows, executor=given.executor)
    met = [PARTS[name](settings) for name in given.part or PARTS]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
