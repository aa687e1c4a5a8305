"""From a change that turns a decision to the smallest part of it that still does, all rows in lock-step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.changing import case_row, changed_columns, differ, part_of, scalar, with_columns
from proofbox.checks.late import np, pa
from proofbox.checks.result import CaseRow
from proofbox.checks.subject import Decisions
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A table in which rows were changed, and what the model decided about it."""

    table: pa.Table
    decisions: Decisions
    rows: NDArray[np.intp]
    """Rows whose decision turned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A row as submitted and as changed, with decisions that differ."""

    first: CaseRow
    second: CaseRow
    changed: tuple[str, ...]
    row: int
    """Zero-based row of the table that was changed."""


def smallest_change(
    original: pa.Table, decisions: Decisions, changed: Changed, *, most: int, label: Text, tolerance: float = 0.0
) -> Asking[Pair | None]:
    """Set columns back as long as the decision stays turned; return the pair with the fewest left.

    Greedy, all rows and all candidates of a step in one call; candidates are single columns, and runs of half of them,
    a quarter and so on, so that one column out of many is found in a few calls. In the end no single column can be set
    back. The last answer asked for is the one that is shown, so a pair is never a claim that the model did not make;
    None where a random model no longer turns any of the rows.

    Parameters
    ----------
    most
        How many of the turned rows are tried, the first ones.
    label
        What the changed row of the pair is called.
    tolerance
        For answers that are numbers: see :func:`proofbox.checks.asked.changing.differ`.

    Raises
    ------
    ModelFailedError
        The model did not answer.
    """
    rows = changed.rows[:most]
    index = pa.array(rows)
    before, after = original.take(index), changed.table.take(index)
    was = part_of(decisions, rows)
    kept = np.array([_differing(before, after, place) for place in range(len(rows))])
    answer = part_of(changed.decisions, rows)
    while True:
        places, without = _candidates(kept)
        if not len(places):
            break
        said = yield _mixed(before, after, places, without)
        still = differ(part_of(was, places), said, tolerance)
        if not still.any():
            break
        for place in np.unique(places[still]):
            # Of the smallest changes that still turn this row, the one that leaves the decision clearest.
            options = np.flatnonzero(still & (places == place))
            left = without[options].sum(axis=1)
            options = options[left == left.min()]
            kept[place] = without[options[_clearest(said, options)]]
    everywhere = np.arange(len(rows))
    shown = _mixed(before, after, everywhere, kept)
    answer = yield shown
    turned = np.flatnonzero(differ(was, answer, tolerance))
    if not len(turned):
        return None
    best = int(turned[kept[turned].sum(axis=1).argmin()])
    first = case_row(t("as submitted"), before, was, best)
    second = case_row(label, shown, answer, best)
    names = changed_columns(first.values, second.values, shown.column_names)
    return Pair(first=first, second=second, changed=names, row=int(rows[best]))


def _candidates(kept: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return what to try: places of rows, shape (tries,), and the columns that stay changed, shape (tries, columns)."""
    places, without = [], []
    for place, columns in enumerate(map(np.flatnonzero, kept)):
        size = len(columns) // 2
        while size:
            for start in range(0, len(columns), size):
                rest = kept[place].copy()
                rest[columns[start : start + size]] = False
                places.append(place)
                without.append(rest)
            size //= 2
    return np.array(places, dtype=np.intp), np.array(without, dtype=np.bool_).reshape(len(places), kept.shape[1])


def _differing(before: pa.Table, after: pa.Table, row: int) -> NDArray[np.bool_]:
    pairs = zip(before.columns, after.columns, strict=True)
    return np.array([scalar(one[row].as_py()) != scalar(other[row].as_py()) for one, other in pairs])


def _mixed(before: pa.Table, after: pa.Table, rows: NDArray[np.intp], kept: NDArray[np.bool_]) -> pa.Table:
    """Return the rows with the changed value where ``kept``, shape (len(rows), columns), and the original elsewhere."""
    columns = {}
    for place, name in enumerate(before.column_names):
        # Original cells first, changed ones after them: one take chooses from both and keeps the type.
        both = pa.chunked_array([*before.column(name).chunks, *after.column(name).chunks])
        columns[name] = both.take(pa.array(rows + kept[:, place] * before.num_rows))
    return with_columns(before.take(pa.array(rows)), columns)


def _clearest(said: Decisions, options: NDArray[np.intp]) -> int:
    if said.score is None:
        return 0
    scores = said.score[options]
    return int(scores.argmax() if said.positive[options[0]] else scores.argmin())
