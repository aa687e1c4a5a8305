"""What a person reads of a replay at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from proofbox.policies.agreement import DIFFERENCES, Compared
from proofbox.reports.console import safe_terminal
from proofbox.runners.replay.again import Replayed

_MOST_LINES = 20


def lines(replayed: Replayed) -> Iterator[str]:
    """Yield the outcome, what is different, by which tolerance, and what differs of machine and software."""
    found = replayed.agreement
    word = "reproduced" if found.agrees else "different"
    yield (
        f"{word}: {found.count('identical')} measurements identical, {found.count('within-tolerance')} within the"
        f" tolerance, {found.count(*DIFFERENCES)} different, {found.count('left-out')} left out (timings)"
    )
    if found.count("within-tolerance") or not found.agrees:
        yield f"tolerance {found.tolerance.relative:g}, relative; {found.tolerance.origin}"
    different = [one for one in found.measurements if one.state in DIFFERENCES]
    for one in different[:_MOST_LINES]:
        yield safe_terminal(f"  {_line(one)}")
    if len(different) > _MOST_LINES:
        yield f"  and {len(different) - _MOST_LINES} more; --json lists all"
    for other in found.others[:_MOST_LINES]:
        name = f" {other.name}" if other.name else ""
        yield safe_terminal(f"  {other.kind}{name}: recorded {other.recorded}, now {other.measured}")
    if replayed.surroundings:
        yield "what differs of the machine and its software:"
        for name, old, new in replayed.surroundings:
            yield safe_terminal(f"  {name}: recorded {old}, here {new}")
    elif not found.agrees:
        yield "machine and software are those of the record, as far as it names them"


def kept_line(path: Path | None) -> str:
    """Return where the signed statement stands, or that there is none."""
    if path is None:
        return "no statement was made: a replay that agrees is signed with --key"
    return safe_terminal(f"signed statement: {path}")


def _line(one: Compared) -> str:
    group = ", ".join(f"{key}={value}" for key, value in one.group.items())
    name = f"{one.check} {one.measure}{f' ({group})' if group else ''}"
    if one.state == "only-recorded":
        return f"{name}: recorded {one.recorded:.10g}, and not measured now"
    if one.state == "only-measured":
        return f"{name}: not recorded, now {one.measured:.10g}"
    return f"{name}: recorded {one.recorded:.10g}, now {one.measured:.10g}; furthest apart in {one.where}"
