"""Prove the walls before a model is let in: the same sandbox, a battery in the model's place, a look from outside."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from proofbox.sandbox import interpreter, probes, wire
from proofbox.sandbox.denials import Tally
from proofbox.sandbox.errors import IsolationError, ModelError
from proofbox.sandbox.executor import Executor, Launch
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.outside import CANARY, Outside, laid_out
from proofbox.sandbox.proof import Selfcheck, SelfcheckRow, row_of
from proofbox.sandbox.rowmemory import row_memory
from proofbox.sandbox.running import Running


def prove_walls(
    executor: Executor, limits: Limits | None = None, python: interpreter.Interpreter | None = None
) -> Selfcheck:
    """Run the battery in a sandbox of ``executor``, on the interpreter that the model will have; return what held.

    Raises
    ------
    IsolationError
        A probe got through, or the battery did not answer; no model may be loaded.
    """
    limits = limits or Limits()
    found = executor.probe()
    backend = {"version": found.version, "sha256": found.sha256, "runs_as": found.runs_as}
    table = {name: {"value": value, "enforced_by": probes.LIMITS[name]} for name, value in limits.to_json().items()}
    if executor.level == 0:
        nothing = {name: {**row, "enforced_by": "harness or nothing"} for name, row in table.items()}
        return Selfcheck(executor=executor.name, level=0, isolated=False, backend=backend, limits=nothing, rows=())
    with laid_out(python or interpreter.current()) as outside:
        rows, built = _battery(executor, limits, outside)
        rows += outside.rows()
    through = [row for row in rows if not row.held]
    if through:
        told = "; ".join(f"{row.probe}: expected {row.expected}, got {row.got}" for row in through[:5])
        raise IsolationError(f"the walls of {executor.name} did not hold ({len(through)} of {len(rows)}): {told}")
    return Selfcheck(
        executor=executor.name,
        level=executor.level,
        isolated=True,
        backend={**backend, "runs_as": built.runs_as or found.runs_as},
        filter_sha256=built.filter_sha256,
        denied_calls=built.denied_calls,
        limits={
            name: {**row, "enforced_by": built.enforced.get(name, row["enforced_by"])} for name, row in table.items()
        },
        rows=tuple(rows),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    """What stage 0 built, as it tells it, and whether the kernel tells of denied calls."""

    filter_sha256: str
    runs_as: str
    denied_calls: str
    enforced: Mapping[str, str]


def _battery(executor: Executor, limits: Limits, outside: Outside) -> tuple[list[SelfcheckRow], _Built]:
    denied = Tally()
    memory = row_memory(len(CANARY))
    try:
        shared = None if memory is None else memory.descriptor
        running = executor.launch(Launch(limits=limits, model=outside.model, rows=shared, python=outside.python))
    finally:
        if memory is not None:
            memory.close_descriptor()
    try:
        names, got, namespaces, built = _asked(running, limits, outside, denied)
    except ModelError as error:
        said = " ".join(running.head.split())[:300]
        raise IsolationError(
            f"the walls could not be proven: the battery did not answer ({error.what}) {said}"
        ) from error
    finally:
        running.kill()
        outside.tidy()
    digest, runs_as, kernel = built
    rows = _answered(executor, dict(zip(names, got, strict=False)))
    rows += _apart(executor, dict(zip(probes.TOLD_NAMESPACES, namespaces, strict=False)), kernel)
    counted = f"not counted: {denied.uncounted}" if denied.uncounted else "counted by name and answered by the harness"
    return rows, _Built(filter_sha256=digest, runs_as=runs_as, denied_calls=counted, enforced=running.inside.enforced)


def _answered(executor: Executor, answered: Mapping[str, str]) -> list[SelfcheckRow]:
    """Return a row for every probe that the battery was to try."""
    rows = []
    for name, expectation in probes.expected(executor.name, executor.level).items():
        answer = answered.get(name, "no answer")
        held = answer in expectation.outcomes
        # One of several right outcomes is told as the expected one, so that the record is the same on every system.
        shown = expectation.outcomes[0] if held else answer
        rows.append(row_of(name, expectation.outcomes[0], shown, expectation.enforced_by))
    return rows


def _apart(executor: Executor, told: Mapping[str, str], kernel: str) -> list[SelfcheckRow]:
    """Return a row for everything that must not be the harness's own: namespaces, and from level 3 on the kernel."""
    rows = []
    for name, wall in probes.namespaces(executor.name, executor.level).items():
        harness = str(Path(f"/proc/self/ns/{name}").readlink())
        rows.append(_own(f"namespaces.{name}", told.get(name) not in {None, "", harness}, wall))
    if executor.level >= 3:
        rows.append(_own("kernel.own", kernel != f"{platform.release()} {platform.version()}", "kernel of its own"))
    return rows


def _own(probe: str, own: bool, wall: str) -> SelfcheckRow:
    return row_of(probe, "its own", "its own" if own else "the harness's", wall)


def _asked(running: Running, limits: Limits, outside: Outside, denied: Tally) -> tuple[tuple[str, ...], ...]:
    facts = {
        **outside.facts(interpreter.SCRATCH if limits.scratch_bytes else ""),
        "mode": "walls",
        "limits": limits.to_json(),
        **running.inside.config(),
        "model": running.inside.model,
    }
    end = wire.Wire(running.wire)
    deadline = time.monotonic() + limits.start_seconds
    nonce = end.request(wire.CONFIGURE, memoryview(json.dumps(facts).encode()), wire.text_shape(), deadline)
    running.count_denied(denied, deadline)
    reply = end.reply(nonce, wire.WALLS, wire.text_shape(), deadline)
    if reply.kind != wire.WALLS:
        raise ModelError("garbage", "it refused")
    return wire.read_texts(reply.body, 4)
