"""What hands did, as it stands in the record: their walls beside the first's, and their model's doings added to its."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from proofbox.runners.hosted.walls import level_of
from proofbox.runners.spread.crew import Crew
from proofbox.runners.spread.kit import Opened, Seen

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.runners.spread.spreading import Done


_SHOWN = ("seconds_start", "seconds_predict", "peak_resident_bytes", "violations", "revivals")
"""What is told of the model in one hand; the rest is part of what is told of the model as a whole."""


def hands_json(crew: Crew, did: Sequence[tuple[Opened, Seen | None]], done: Done) -> dict[str, Json]:
    """Return what ``run.detail.workers`` says: each hand, those that were refused and those that were lost."""
    return {
        "hands": {str(number): _hand(opened, seen) for number, (opened, seen) in enumerate(did, start=1)},
        "refused": {one.node: one.why for one in crew.refused},
        "lost": dict(crew.lost),
        "asked_again_in_order": done.not_answered,
    }


def _hand(opened: Opened, seen: Seen | None) -> dict[str, Json]:
    one: dict[str, Json] = {
        "node": opened.node,
        "executor": opened.executor,
        "level": opened.level,
        "files_sent": opened.files_sent,
    }
    if seen is None:
        return {**one, "was_lost": True}
    return {**one, "rows": seen.rows, **{name: seen.stats[name] for name in _SHOWN if name in seen.stats}}


def lowest(selfcheck: Mapping[str, Json], opened: Sequence[Opened]) -> Mapping[str, Json]:
    """Return the proof of the walls that counts: the lowest level of all, and an attempt held where all held it."""
    if not selfcheck or not opened:
        return selfcheck
    worst = min([selfcheck, *(one.selfcheck for one in opened)], key=level_of)
    held: dict[str, bool] = {}
    for one in (selfcheck, *(one.selfcheck for one in opened)):
        for row in cast("list[Mapping[str, Json]]", one["rows"]):
            name = str(row["probe"])
            held[name] = held.get(name, True) and row["held"] is True
    rows: list[Json] = [
        {**row, "held": held[str(row["probe"])]} for row in cast("list[dict[str, Json]]", worst["rows"])
    ]
    return {**worst, "rows": rows}


def together(first: Mapping[str, Any], seen: Sequence[Seen], done: Done) -> Mapping[str, Any]:
    """Return the doings of one model of all that its hosts did: what they do alike while they start counts once.

    Parameters
    ----------
    first
        Stats of the first host.
    done
        What hands did that counts; what they did in vain was done again by the first host.
    """
    if not first:
        return first
    found = {
        **first,
        "calls": first["calls"] + done.calls,
        "rows": first["rows"] + done.rows,
        "denied_calls": _added(first["denied_calls"], done.denied),
        "stdout_bytes": first["stdout_bytes"] + done.printed_bytes,
    }
    for one in seen:
        if not one.stats:
            continue
        stats, start = cast("Mapping[str, Any]", one.stats), cast("Mapping[str, Any]", one.at_start)
        found["peak_resident_bytes"] = max(found["peak_resident_bytes"], stats["peak_resident_bytes"])
        found["seconds_predict"] += stats["seconds_predict"]
        found["denied_calls_at_start"] = _most(found["denied_calls_at_start"], start["denied_calls_at_start"])
        found["denied_calls_uncounted"] = found["denied_calls_uncounted"] or stats["denied_calls_uncounted"]
        found["denied_calls_at_least"] = found["denied_calls_at_least"] or stats["denied_calls_at_least"]
        found["violations"] = [*found["violations"], *_others(found["violations"], stats["violations"])]
    return found


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}


def _most(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: max(one.get(name, 0), other.get(name, 0)) for name in sorted({*one, *other})}


def _others(known: Sequence[Mapping[str, str]], found: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Return the failures that the first host did not show when it was asked the same again."""
    kinds = {one["kind"] for one in known}
    return [one for one in found if one["kind"] not in kinds]
