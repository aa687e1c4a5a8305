"""Start a program that ends with the harness, whatever the harness is doing then."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from proofbox.sandbox.launcher import on_launcher

DIES_WITH_PARENT = (
    "import ctypes,os,sys;"
    "ctypes.CDLL(None).prctl(1,9);"  # PR_SET_PDEATHSIG, SIGKILL
    "os.getppid()==int(sys.argv[1]) or os._exit(1);"
    "os.execv(sys.argv[2],sys.argv[2:])"
)
"""The kernel keeps the signal over execve(2); programs that have no such option of their own are started by this."""


def start_attached(
    command: Sequence[str],
    *,
    stdin: int,
    stdout: int,
    stderr: int,
    env: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.Popen[bytes]:
    """Start ``command`` (an absolute path and arguments), to be killed with this process."""
    line = [sys.executable, "-I", "-S", "-c", DIES_WITH_PARENT, str(os.getpid()), *command]
    return on_launcher(
        lambda: subprocess.Popen(  # noqa: S603 no shell; an absolute path
            line, env=env, stdin=stdin, stdout=stdout, stderr=stderr, cwd="/", start_new_session=True
        )
    )
