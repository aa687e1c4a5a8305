"""Run every attack with every executor that works here, as every user it can be, and write docs/attacks.md.

Run: python benchmarks/attacks.py [--executor NAME]... [--outcomes FILE] [--print]. As root both users are tried.
Ends with 1, and writes nothing, if anything gets through that is not known, or holds that is known to get through.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/sandbox"))

from attacks import drive, table  # noqa: E402 the suite lies with the tests
from attacks.engine import FAMILIES, Outcome  # noqa: E402

PAGE = ROOT / "docs/attacks.md"
Found = dict[tuple[str, str], list[Outcome]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--print", action="store_true", help="print the page instead of writing it")
    parser.add_argument("--executor", action="append", help="only this one (may be given again)")
    parser.add_argument("--outcomes", type=Path, help="what was seen is added to this file, and not tried again")
    asked = parser.parse_args()
    found: Found = {}
    columns = [(executor, user) for user in drive.users() for executor in asked.executor or drive.working(user)]
    for executor, user in [*sorted(columns), *(("intake", user) for user in drive.users())]:
        families = FAMILIES[:-1] if executor != "intake" else FAMILIES[-1:]
        found[executor, user] = []
        for family in families:
            found[executor, user] += tried(executor, user, family, asked.outcomes)
    wrong = surprises(found)
    if asked.print:
        print(table.page(found))
    elif not wrong:
        PAGE.write_text(table.page(found), encoding="utf-8")
    return 1 if wrong else 0


def tried(executor: str, user: str, family: str, kept: Path | None) -> list[Outcome]:
    """Return what came of a family: what is ``kept`` of an earlier run, or of a new one."""
    name = f"{family} with {executor} as {user}"
    before = json.loads(kept.read_text(encoding="utf-8")) if kept and kept.exists() else {}
    if name not in before:
        print(name, file=sys.stderr, flush=True)
        new = drive.attacked(user, "landlock" if executor == "intake" else executor, (family,))
        before[name] = [asdict(one) for one in new]
        if kept:
            kept.write_text(json.dumps(before, indent=1), encoding="utf-8")
    return [Outcome(**{**one, "through": tuple(one["through"])}) for one in before[name]]


def surprises(found: Found) -> int:
    """Tell of what came otherwise than is known; return how many."""
    wrong = 0
    for (executor, user), outcomes in found.items():
        for one in outcomes:
            if bool(one.through) != bool(one.known):
                wrong += 1
                print(f"{one.id} with {executor} as {user}: {'; '.join(one.through) or 'held'}", file=sys.stderr)
        told = f"{executor}, {user}: {len(outcomes)} attacks, {sum(one.seconds for one in outcomes):.0f} s"
        print(told, file=sys.stderr)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
