"""Why a model did not answer: told by how its process ended and what the harness saw, never by what it said."""

from __future__ import annotations

from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.running import Running, signal_name

END_SECONDS = 0.5
"""The stream ends a moment before the process does."""


def explained(error: ModelError, running: Running | None, limits: Limits, *, loading: bool) -> ModelError:
    """Return ``error`` told more exactly: which limit, which signal, which exit code, and when."""
    if running is None or error.kind not in {"crash", "hang"}:
        return error
    code = running.ended_within(END_SECONDS) if error.kind == "crash" else running.poll()
    when = "while it was loaded" if loading else "while it predicted"
    if running.over_limit:
        return ModelError("limit", f"the model {running.over_limit} {when} and was stopped")
    if error.kind == "hang":
        seconds = limits.start_seconds if loading else limits.call_seconds
        return ModelError("hang", f"the model did not answer within {seconds:g} seconds {when}")
    if code is None:
        return error
    name = signal_name(code)
    if name == "SIGXCPU":
        return ModelError("limit", f"the model used more than {limits.cpu_seconds} seconds of processor time {when}")
    ended = f"with the signal {name}" if name else f"by itself with code {code}"
    return ModelError("crash", f"the model's process ended {ended} {when}")
