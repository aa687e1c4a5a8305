"""The walls of one run: chosen by doing, proven once before the first stranger's byte is parsed behind them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

from proofbox.sandbox.executor import Executor, choose
from proofbox.sandbox.interpreter import Interpreter
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.reading import DataFile, FileSpec, open_data
from proofbox.sandbox.selfcheck import prove_walls

if TYPE_CHECKING:
    from proofbox.checks.result import Json


def level_of(selfcheck: Mapping[str, Json]) -> int:
    """Return the level of isolation that a battery's finding bears out: 0 where nothing was isolated."""
    return int(cast("int", selfcheck["level"])) if selfcheck["isolated"] is True else 0


class Walls:
    """The executor of a run. Nothing is started until something has to be read or loaded."""

    def __init__(self, name: str, limits: Limits, python: Interpreter | None = None) -> None:
        self.name = name
        self._limits = limits
        self._python = python
        self._executor: Executor | None = None
        self.selfcheck: Mapping[str, Json] = {}
        """What the battery found; empty until it has run."""

    def executor(self) -> Executor:
        """Return the executor; the first call proves its walls.

        Raises
        ------
        IsolationError
            The walls could not be had or proven; nothing was read or loaded.
        """
        return self._executor or self._proven(choose(self.name))

    def granting(self, limits: Limits, python: Interpreter | None) -> Walls:
        """Return the walls of a model that is granted other limits, or its own interpreter; they are proven anew."""
        return Walls(self.name, limits, python)

    def open_data(self, spec: FileSpec) -> DataFile:
        """Open a submitted data file behind the walls, the first one once they are proven.

        Raises
        ------
        DataError
            It cannot be read.
        IsolationError
            As for :meth:`executor`.
        """
        if self._executor is not None:
            return open_data(self._executor, spec)
        chosen = choose(self.name)
        with ThreadPoolExecutor(1, "proofbox-proving") as aside:
            proving = aside.submit(self._proven, chosen)
            return open_data(chosen, spec, proven=proving.result)

    def _proven(self, chosen: Executor) -> Executor:
        self.selfcheck = cast("Mapping[str, Json]", prove_walls(chosen, self._limits, self._python).to_json())
        self._executor = chosen
        return chosen
