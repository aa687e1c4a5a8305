"""How the host program of a model begins: what it is started with, and what it is told first."""

from __future__ import annotations

import json

from proofbox.sandbox import batches
from proofbox.sandbox.executor import Executor, Launch
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.rowmemory import RowMemory, row_memory
from proofbox.sandbox.running import Inside, Running
from proofbox.sandbox.spec import ModelSpec
from proofbox.sandbox.surroundings import Surroundings


def launched(
    executor: Executor, spec: ModelSpec, limits: Limits, surroundings: Surroundings
) -> tuple[Running, RowMemory | None]:
    """Start the host program behind the walls of ``executor``; it waits for its configuration.

    Returns
    -------
    tuple
        The sandbox, and the memory through which it gets rows; None where rows go over the wire.

    Raises
    ------
    IsolationError
        The walls could not be built.
    """
    memory = row_memory(batches.room_for(len(spec.features)))
    try:
        rows = None if memory is None else memory.descriptor
        running = executor.launch(
            Launch(limits=limits, model=spec.path, rows=rows, python=spec.python, surroundings=surroundings)
        )
    finally:
        if memory is not None:
            memory.close_descriptor()
    return running, None if running.inside.rows is None else memory


def configuration(spec: ModelSpec, inside: Inside, limits: Limits, surroundings: Surroundings) -> bytes:
    """Return what the host program is told first: JSON, from the trusted side."""
    told = {
        "mode": "serve",
        "limits": limits.to_json(),
        **inside.config(),
        "sites": inside.sites,
        "path": inside.model,
        "format": spec.format,
        "features": spec.features,
        "output": spec.output,
        "task": spec.task,
        "threads": limits.threads,
        "clock": surroundings.clock,
    }
    return json.dumps(told).encode()
