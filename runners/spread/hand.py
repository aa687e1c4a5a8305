"""One hand: behind walls of its own, it hosts the model and reads the file. The same in a thread and on another node.

It raises nothing that has to travel: what the model or the file did wrong is a value, and who asked decides.
"""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from proofbox.checks.counted.blockcounts import BlockCounts, CountOrder, NotCountable, count_block
from proofbox.checks.errors import ModelFailedError
from proofbox.runners.hosted.deciding import DecidingModel
from proofbox.runners.hosted.walls import Walls, level_of
from proofbox.runners.spread.kit import Answered, Beside, Counted, Failed, Kit, Opened, Refused, Seen
from proofbox.runners.submitted.streams import Blocks
from proofbox.runners.submitted.tables import UnreadableTableError
from proofbox.sandbox import interpreter
from proofbox.sandbox.errors import IsolationError, ModelError, SandboxError
from proofbox.sandbox.hosted import HostedModel, open_model

if TYPE_CHECKING:
    import pyarrow as pa

    from proofbox.checks.result import Json


class Hand:
    """Hosts the model of a kit, reads its file, and is asked by one thread at a time.

    Parameters
    ----------
    walls
        Walls that were proven on this machine already; None: the hand proves its own before it loads anything.
    node
        What the machine is called, where it has a name beside the host's.
    """

    def __init__(self, kit: Kit, walls: Walls | None = None, node: str = "") -> None:
        self._kit = kit
        self._walls = walls
        self._hosted: HostedModel | None = None
        self._blocks: Blocks | None = None
        self._at_start: Mapping[str, Json] = {}
        self._rows = 0
        self.node = f"{node or platform.node()}, process {os.getpid()}"

    def open(self) -> Opened | Refused:
        """Prove the walls, and start the model behind them."""
        model = self._kit.model
        try:
            python = None if model is None or model.environment is None else interpreter.of(model.environment)
            self._walls = self._walls or Walls(self._kit.executor, self._kit.limits, python)
            executor = self._walls.executor()
            if model is not None:
                self._hosted = open_model(executor, replace(model.spec, python=python), self._kit.limits)
                self._at_start = cast("Mapping[str, Json]", self._hosted.stats())
        except IsolationError as err:
            return Refused(node=self.node, why=f"its walls do not hold: {err}", walls=True)
        except ModelError as err:
            return Refused(node=self.node, why=f"the model could not be started there: it {err.what}")
        except SandboxError as err:
            return Refused(node=self.node, why=str(err))
        rows = self._kit.rows
        if rows is not None:
            self._blocks = Blocks(
                spec=rows.spec,
                opener=self._walls.open_data,
                written=rows.written,
                rows=rows.rows,
                block_rows=rows.block_rows,
            )
        selfcheck = self._walls.selfcheck
        return Opened(node=self.node, executor=executor.name, level=level_of(selfcheck), selfcheck=selfcheck)

    def predict(self, table: pa.Table, call_seconds: float | None = None) -> Answered | Failed:
        """Return the model's answers for rows whose columns are its features."""
        assert self._hosted is not None
        try:
            self._awake()
            before = self._did()
            answer = self._hosted.predict(table, call_seconds)
        except ModelError as err:
            return Failed(kind=err.kind, what=err.what)
        self._rows += table.num_rows
        return Answered(answer=answer, beside=_since(before, self._did()))

    def count(self, order: CountOrder, first: int, end: int) -> Counted | Failed:
        """Count the blocks from ``first`` up to ``end``, in order."""
        assert self._blocks is not None
        model = self._kit.model
        decide = None
        if not order.prediction:
            assert model is not None
            assert self._hosted is not None
            decide = DecidingModel(self._hosted, model.block).predict
        parts: list[BlockCounts | NotCountable] = []
        try:
            self._awake()
            before = self._did()
            for table in self._blocks.batches(order.columns, first, end):
                parts.append(count_block(table, order, decide))
                self._rows += table.num_rows
        except (ModelError, ModelFailedError) as err:
            return Failed(kind=err.kind, what=str(err))
        except (UnreadableTableError, SandboxError) as err:
            return Failed(kind="file", what=str(err))
        return Counted(parts=tuple(parts), beside=_since(before, self._did()))

    def _did(self) -> Mapping[str, Any]:
        """Return what the model did so far; empty without one.

        It waits for each answer of the kernel, and what it printed lies in the pipe before its answer: none is missed.
        """
        return {} if self._hosted is None else self._hosted.stats()

    def _awake(self) -> None:
        """Start the model again where it failed before."""
        if self._hosted is not None and self._hosted.stopped:
            self._hosted.revive()

    def finish(self) -> Seen:
        """End the model and the reader, and return what was done here and seen of them."""
        self.close()
        stats = {} if self._hosted is None else cast("Mapping[str, Json]", self._hosted.stats())
        return Seen(rows=self._rows, stats=stats, at_start=self._at_start)

    def close(self) -> None:
        """End the model and the reader; no process of theirs is left. May be called again."""
        if self._hosted is not None:
            self._hosted.close()
        if self._blocks is not None:
            self._blocks.close()


def _since(before: Mapping[str, Any], after: Mapping[str, Any]) -> Beside:
    if not after:
        return Beside()
    return Beside(
        denied=Counter(after["denied_calls"]) - Counter(before["denied_calls"]),  # keeps what grew
        printed_bytes=after["stdout_bytes"] - before["stdout_bytes"],
    )
