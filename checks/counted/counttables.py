"""The joint tables of an assessment as evidence: a few hundred numbers from which its counts can be had again."""

from __future__ import annotations

from collections.abc import Mapping

from proofbox.checks.counted.blockcounts import DECIDED, TRUE, Attributes
from proofbox.checks.counted.counting import MISSING
from proofbox.checks.counted.cube import Cube
from proofbox.checks.counted.tablenames import table_name
from proofbox.checks.result import CountTable, Scalar

MOST_ROWS = 1 << 16
"""A joint table with more combinations than this is not kept: near to single persons, it is no aggregate any more."""

_SUMS = ("rows", "weight", "weight_squared")


def count_tables(cubes: Mapping[Attributes, Cube]) -> Mapping[str, CountTable]:
    """Return name -> table: a column for each attribute, ``true_label``, ``decision``, ``rows`` and sums of weights."""
    tables = {}
    for attributes, cube in cubes.items():
        if len(cube.rows) <= MOST_ROWS:
            name = table_name("counts", *attributes)
            tables[name] = CountTable(name=name, columns=_columns(cube))
    return tables


def _columns(cube: Cube) -> dict[str, tuple[Scalar, ...]]:
    columns: dict[str, tuple[Scalar, ...]] = {}
    for axis in cube.axes:
        names = {TRUE: "true_label", DECIDED: "decision"}
        plain = axis.name in (*_SUMS, *names.values())
        # An attribute may itself be called "rows".
        name = names.get(axis.name, f"group_{axis.name}" if plain else axis.name)
        texts: tuple[Scalar, ...] = (*axis.categories, None if axis.name in names else MISSING)
        columns[name] = tuple(texts[code] for code in cube.of(axis.name).tolist())
    columns["rows"] = tuple(cube.rows.tolist())
    if cube.weight is not None and cube.weight_squared is not None:
        columns["weight"] = tuple(cube.weight.tolist())
        columns["weight_squared"] = tuple(cube.weight_squared.tolist())
    return columns
