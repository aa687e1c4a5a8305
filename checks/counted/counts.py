"""What is counted of an assessment's decisions: one pass over the rows serves every check that counts.

A check that needs no more than counts asks for ``counts``. It can then be served from a table in memory or from a file
that is read in batches, from recorded decisions or from a model that is asked batch by batch, and never sees which.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from proofbox.checks.counted.blockcounts import DECIDED, TRUE, Attributes, CountElsewhere, Decide
from proofbox.checks.counted.cube import Cube, joint_code, weighed
from proofbox.checks.counted.groups import MOST_GROUPS, categories_of, too_many_groups, unfit_column, unfit_groups
from proofbox.checks.counted.onepass import Passed, one_pass
from proofbox.checks.late import np
from proofbox.checks.result import Inapplicable
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NUMBERS = Inapplicable(t("the answers are numbers, not decisions between classes, so there are no rates"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """Counts of group x true class x decided class."""

    attribute: tuple[str, ...]
    categories: tuple[Mapping[str, str], ...]
    """One mapping attribute -> category for each group that occurs; at least 2."""
    missing: Mapping[str, int]
    """Attribute -> rows without a value; they are a category of their own, named ``(missing)``."""
    truths: tuple[str, ...]
    """Classes of the true labels that occur; empty where the data have no true labels."""
    decided: tuple[str, ...]
    """Classes of the decisions, whether or not they occur."""
    cells: NDArray[np.int64]
    """Shape (groups, truths + 1, decided): rows; the last place of the second axis is that of rows without a label."""
    undecided: int = 0
    """Rows without a decision, which are not counted."""
    weight: NDArray[np.float64] | None = None
    """Sums of the sample weights, of the shape of ``cells``; None where the data carry none."""
    weight_squared: NDArray[np.float64] | None = None
    """Sums of the squared sample weights, of the shape of ``cells``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Counts of true class x decided class over all rows."""

    truths: tuple[str, ...]
    """Classes of the true labels that occur; empty where the data have no true labels."""
    decided: tuple[str, ...]
    """Classes of the decisions, whether or not they occur."""
    cells: NDArray[np.int64]
    """Shape (truths + 1, decided): rows; the last place of the first axis is that of rows without a label."""
    weight: NDArray[np.float64] | None = None
    """Sums of the sample weights, of the shape of ``cells``; None where the data carry none."""
    weight_squared: NDArray[np.float64] | None = None
    """Sums of the squared sample weights, of the shape of ``cells``."""


class Counts:
    """The counts of one set of rows and what was decided about them; made by the runner, asked by checks.

    Parameters
    ----------
    data
        The rows.
    decisions
        What was decided: for all rows, or how to ask batch by batch; None for the recorded column of ``data``.
    attributes
        What will be asked for, as far as it is known: all of it is counted in the first pass.
    elsewhere
        Counts the blocks of a file by several hands; None: they are counted here.
    """

    def __init__(
        self,
        data: Dataset,
        decisions: Decisions | Decide | None = None,
        attributes: Iterable[Sequence[str]] = (),
        elsewhere: CountElsewhere | None = None,
    ) -> None:
        self.data = data
        self._elsewhere = elsewhere
        self._decisions = decisions
        wanted = dict.fromkeys([*((name,) for name in data.sensitive), *map(tuple, attributes)])
        self._wanted = tuple(one for one in wanted if set(one) <= set(data.table.column_names)) or ((),)
        self._expected: tuple[Attributes, ...] = ()
        self._passes: list[Passed] = []

    @property
    def rows(self) -> int:
        """Number of rows that were counted."""
        return self._first.rows

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that are decided between; empty for regression."""
        first = self._first
        if first.classes is not None:
            return first.classes
        return next((cube.axis(DECIDED).categories for cube in first.tables.values()), ())

    @property
    def source(self) -> Literal["model", "recorded"]:
        """Whose decisions they are."""
        return self._first.source

    def confusion(self) -> Confusion | Inapplicable:
        """Return the counts of all rows, or why there are none."""
        if self.data.rows == 0:
            return Inapplicable(t("the {role} data have no rows", role=self.data.role))
        if not self.classes and not self._first.why_not(()):
            return _NUMBERS
        cube = self._cube(())
        if isinstance(cube, Inapplicable):
            return cube
        cube, _ = _decided_rows(cube)
        truths, decided, places, shape = _laid_out(cube, self.classes)
        return Confusion(
            truths=truths,
            decided=decided,
            cells=_filled(places, shape, cube.rows).astype(np.int64),
            weight=None if cube.weight is None else _filled(places, shape, cube.weight),
            weight_squared=None if cube.weight_squared is None else _filled(places, shape, cube.weight_squared),
        )

    @property
    def tables(self) -> Mapping[Attributes, Cube]:
        """The joint tables so far, by attributes: the evidence from which everything that was asked follows."""
        return {names: cube for passed in self._passes for names, cube in passed.tables.items()}

    def grouped(self, attribute: Sequence[str]) -> Grouped | Inapplicable:
        """Return the counts of the groups that an attribute makes, or why there are none.

        Parameters
        ----------
        attribute
            One column, or several that mean their intersection.
        """
        names = tuple(attribute)
        for name in names:
            if unfit := unfit_column(self.data, name):
                return unfit
        if not self.classes and not self._first.why_not(()):
            return _NUMBERS
        cube = self._cube(names)
        return cube if isinstance(cube, Inapplicable) else _grouped(self.data, names, cube, self.classes)

    def expect(self, attributes: Iterable[Sequence[str]]) -> None:
        """Say what will be asked for next, so that one pass more counts all of it."""
        self._expected = tuple(map(tuple, attributes))

    @property
    def _first(self) -> Passed:
        if not self._passes:
            self._passes.append(one_pass(self.data, self._decisions, self._wanted, self._elsewhere))
        return self._passes[0]

    def _cube(self, names: Attributes) -> Cube | Inapplicable:
        """Return the counts of these columns, from what was counted already where that says it."""
        wanted = [*names, *([TRUE] if self.data.target else []), DECIDED]
        if found := self._counted(names, wanted):
            return found
        others = [one for one in self._expected if set(one) <= set(self.data.table.column_names)]
        wanted_too = [one for one in others if self._counted(one, [*one, *wanted[len(names) :]]) is None]
        both = list(dict.fromkeys([names, *wanted_too]))
        self._passes.append(one_pass(self.data, self._decisions, both, self._elsewhere))
        return self._counted(names, wanted) or too_many_groups(names, MOST_GROUPS + 1)

    def _counted(self, names: Attributes, wanted: Sequence[str]) -> Cube | Inapplicable | None:
        for passed in self._passes:
            if refused := passed.why_not(names):
                return refused
            for cube in passed.tables.values():
                if {axis.name for axis in cube.axes} >= set(wanted):
                    return cube.over(wanted)
        return None


def _grouped(data: Dataset, names: Attributes, cube: Cube, classes: tuple[str, ...]) -> Grouped | Inapplicable:
    cube, undecided = _decided_rows(cube)
    axes = [cube.axis(name) for name in names]
    joint = joint_code(np.stack([cube.of(name) for name in names]), [axis.size for axis in axes])
    occurring, group = np.unique(joint, return_inverse=True)
    columns = [axis.categories for axis in axes]
    categories = categories_of(occurring[: MOST_GROUPS + 1], names, columns)
    if unfit := unfit_groups(data, names, categories, len(occurring)):
        return unfit
    truths, decided, places, shape = _laid_out(cube, classes)
    size = math.prod(shape)
    places, shape = group * size + places, (len(occurring), *shape)
    return Grouped(
        attribute=names,
        categories=categories,
        missing={
            axis.name: without
            for axis in axes
            if (without := int(cube.rows[cube.of(axis.name) == len(axis.categories)].sum()))
        },
        truths=truths,
        decided=decided,
        cells=_filled(places, shape, cube.rows).astype(np.int64),
        undecided=undecided,
        weight=None if cube.weight is None else _filled(places, shape, cube.weight),
        weight_squared=None if cube.weight_squared is None else _filled(places, shape, cube.weight_squared),
    )


def _decided_rows(cube: Cube) -> tuple[Cube, int]:
    """Return the counts of rows with a decision, and how many have none."""
    known = cube.of(DECIDED) < len(cube.axis(DECIDED).categories)
    if known.all():
        return cube, 0
    left = replace(
        cube,
        codes=cube.codes[:, known],
        rows=cube.rows[known],
        weight=None if cube.weight is None else cube.weight[known],
        weight_squared=None if cube.weight_squared is None else cube.weight_squared[known],
    )
    return left, int(cube.rows[~known].sum())


Shape = tuple[int, ...]


def _laid_out(
    cube: Cube, classes: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.int64], Shape]:
    """Return the true classes, the decided ones, and where each cell of the cube lies in their table."""
    has_truth = any(axis.name == TRUE for axis in cube.axes)
    truths = cube.axis(TRUE).categories if has_truth else ()
    place = {name: code for code, name in enumerate(classes)}
    decided = np.array([place[name] for name in cube.axis(DECIDED).categories], dtype=np.int64)[cube.of(DECIDED)]
    places: NDArray[np.int64] = decided + len(classes) * cube.of(TRUE) if has_truth else decided
    return truths, classes, places, (len(truths) + 1, len(classes))


def _filled(places: NDArray[np.int64], shape: Shape, sums: NDArray[Any]) -> NDArray[np.float64]:
    """Return a table of that shape with the sums at their places; whole numbers below 2**53 stay exact."""
    return weighed(places, sums.astype(np.float64), math.prod(shape)).reshape(shape)
