"""A process that outlives the harness by a moment, to end what the harness was just starting.

bwrap starts its inner process blocked, and lets it go when it has written the maps of users. If the harness dies in
between, and bwrap with it (``dropped.py`` asks for that before bwrap begins), the inner one waits for ever: nobody
else knows of it, and the first process of a namespace heeds no signal but SIGKILL. Of kills at that moment one in three
left one behind (bwrap 0.8). So bwrap is started in the process group of a small program that does nothing but read a
pipe whose other end the harness alone holds. When that closes, however the harness ended, it kills its own group,
itself included. What runs behind the walls has left the group by then (``--new-session``) and ends with its own bwrap.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from dataclasses import dataclass

WAITS = "import os,signal;os.read(0,1);os.killpg(0,signal.SIGKILL)"


@dataclass(frozen=True, slots=True)
class _Watch:
    process: subprocess.Popen[bytes]
    held: int
    """The end of the pipe that closes with the harness."""


_watch: _Watch | None = None
_lock = threading.Lock()


def group() -> int:
    """Return the process group to start bwrap in; the first call starts the process that watches.

    Raises
    ------
    OSError
        It cannot be started.
    """
    global _watch  # noqa: PLW0603 one process for each harness
    with _lock:
        if _watch is None or not _serves(_watch):
            _watch = _started()
        return _watch.process.pid


def _serves(watch: _Watch) -> bool:
    """Whether it still runs, in this session: no process can join the group of another one (setpgid(2))."""
    return watch.process.poll() is None and os.getsid(watch.process.pid) == os.getsid(0)


def _started() -> _Watch:
    reading, held = os.pipe2(os.O_CLOEXEC)
    try:
        process = subprocess.Popen(  # noqa: S603 no shell; our own program
            [sys.executable, "-I", "-S", "-B", "-c", WAITS],
            env={},
            stdin=reading,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            process_group=0,
        )
    except OSError:
        os.close(held)
        raise
    finally:
        os.close(reading)
    return _Watch(process, held)


def _end() -> None:
    if _watch is not None:
        os.close(_watch.held)
        _watch.process.wait()


def _forget() -> None:
    """In a forked harness: it is another one, and must not hold the first one's pipe open."""
    global _watch, _lock
    if _watch is not None:
        os.close(_watch.held)
    _watch, _lock = None, threading.Lock()


atexit.register(_end)
os.register_at_fork(after_in_child=_forget)
