"""Print how often families of requirements end in a wrong fail, as the Markdown table in docs/policies.md.

Run: python benchmarks/families.py [--tries 1000]. Seeded. Each requirement asks that two groups' rates differ by at
most 0.2; those that are met lie exactly there, which is hardest to tell apart. Dependent ones share half of their rows.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from proofbox.checks.statistics.gaps import Family as Counts
from proofbox.checks.statistics.gaps import difference_interval
from proofbox.policies.decide import Levels, decide
from proofbox.policies.families import Member, shared
from proofbox.policies.model import Family
from proofbox.policies.record import CriterionRecord, MeasurementRecord

CRITERION = CriterionRecord(
    measure="m", comparison="at_most", threshold=0.2, decision_rule="guarded", confidence=0.95, origin="default"
)
ROWS = 150
NOT_MET = 0.38
SETTINGS = [(2, 2, False), (5, 5, False), (10, 10, False), (10, 6, False), (20, 20, False), (20, 10, False),
            (10, 10, True), (20, 10, True)]  # fmt: skip
"""Requirements, how many are met, and whether they are dependent."""


@dataclass(slots=True)
class Tally:
    """What one way of judging came to."""

    any_wrong: int = 0
    share_wrong: float = 0.0
    found: float = 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=1_000)
    tries = parser.parse_args().tries
    print("| requirements | met | dependent | judged as | any wrong fail | share of fails that are wrong | found |")
    print("|---|---|---|---|---|---|---|")
    held = True
    for size, met, dependent in SETTINGS:
        tallies = study(size, met, dependent, tries)
        for name, tally in tallies.items():
            wrong, share = tally.any_wrong / tries, tally.share_wrong / tries
            found = f"{tally.found / tries:.2f}" if met < size else "-"
            said = "yes" if dependent else "no"
            print(f"| {size} | {met} | {said} | {name} | {wrong:.3f} | {share:.3f} | {found} |", flush=True)
        allowed = 0.05 + 3 * (0.05 * 0.95 / tries) ** 0.5
        held &= tallies["Holm"].any_wrong / tries <= allowed
        held &= tallies["Benjamini-Hochberg"].share_wrong / tries <= allowed
    return 0 if held else 1


def study(size: int, met: int, dependent: bool, tries: int) -> dict[str, Tally]:
    """Return how requirements fare alone and as a family; ``found`` is the share of unmet ones that fail."""
    rng = np.random.default_rng(1979)
    families = {
        "Holm": Family.model_validate({"id": "F", "requirements": ["R"]}),
        "Benjamini-Hochberg": Family.model_validate(
            {"id": "F", "requirements": ["R"], "procedure": "benjamini-hochberg"}
        ),
    }
    tallies = {name: Tally() for name in ("alone", *families)}
    for _ in range(tries):
        members = drawn(size, met, dependent, rng)
        for name, tally in tallies.items():
            levels = Levels.of(CRITERION) if name == "alone" else shared(families[name], members).levels(CRITERION)
            failed = [fails(member, levels) for member in members]
            wrong, right = sum(failed[:met]), sum(failed[met:])
            tally.any_wrong += wrong > 0
            tally.share_wrong += wrong / max(wrong + right, 1)
            tally.found += right / max(size - met, 1)
    return tallies


def fails(member: Member, levels: Levels) -> bool:
    assert member.measurement is not None
    return decide(CRITERION, member.measurement, levels).outcome == "fail"


def drawn(size: int, met: int, dependent: bool, rng: Generator) -> list[Member]:
    """Return one result for each requirement; where they are dependent, all look at the same people."""
    people = rng.random((2, ROWS)) if dependent else None
    members = []
    for place in range(size):
        gap = 0.2 if place < met else NOT_MET
        rates = np.array([[0.4], [0.4 + gap]])
        # Half of each requirement's rows are shared with all the others.
        own = rng.random((2, ROWS))
        if people is not None:
            own[:, : ROWS // 2] = people[:, : ROWS // 2]
        counts = Counts(successes=(own < rates).sum(axis=1), trials=np.array([ROWS, ROWS]))
        measurement = MeasurementRecord(
            id="m-0",
            check="c",
            params={},
            measure="m",
            value=counts.difference,
            interval=difference_interval([counts], 0.95),
            sample_size=2 * ROWS,
            group={},
            detail={},
        )
        members.append(Member(criterion=CRITERION, measurement=measurement))
    return members


if __name__ == "__main__":
    sys.exit(main())
