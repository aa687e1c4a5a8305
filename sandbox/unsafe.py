"""No walls at all, for debugging: the same host program in a plain process. All evidence says *not isolated*."""

from __future__ import annotations

import socket
import subprocess

from proofbox.sandbox import interpreter
from proofbox.sandbox.executor import Launch, Probe
from proofbox.sandbox.launcher import on_launcher
from proofbox.sandbox.running import Inside, Running


class UnsafeNone:
    """A plain subprocess. Whoever chooses it trusts the model with everything the user may do."""

    name = "unsafe-none"
    level = 0
    own_hostname = False

    def probe(self) -> Probe:
        """Say that there is nothing to probe."""
        return Probe(available=True, reason="no walls: the model can do whatever the user can")

    def launch(self, launch: Launch) -> Running:
        """Start the host program without walls."""
        python = launch.interpreter()
        outer, inner = socket.socketpair()
        with inner:
            passed = launch.inherited(inner.fileno())
            process = on_launcher(
                lambda: subprocess.Popen(  # noqa: S603 our own program, no shell
                    python.command(str(interpreter.HOST), *passed),
                    env=launch.environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    pass_fds=passed,
                    cwd="/",
                )
            )
        inside = Inside(
            model=str(launch.model.resolve()) if launch.model else "",
            sites=tuple(str(folder) for folder in python.sites),
            walled=False,
            filtered=False,
            rows=launch.rows,
        )
        return Running(process, outer, launch.limits, inside)
