"""Hand the harness the descriptor on which the kernel asks about denied calls. Standard library alone.

The descriptor comes into being with the filter, which denies ``sendmsg``. So a thread that was started before, and that
the filter does not bind, sends it and ends; nothing foreign has been imported yet. Whoever held the descriptor inside
could answer for the harness: it is closed here, and the filter denies the calls (ioctl) that would answer.
"""

from __future__ import annotations

import _socket  # not ``socket``, which imports much more
import _thread
import os
import struct
import time

from . import seccomp

LISTENER, NONE = b"l", b"n"
"""The one byte that goes before all frames: with the descriptor, or without one."""
GONE_SECONDS = 5.0


def own_threads() -> int:
    """Return a descriptor of the folder that has an entry for each thread of this process."""
    return os.open("/proc/self/task", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def install(wire: int, threads: int, *, scratch: bool) -> bytes:
    """Install the filter and hand over its listener; without one where the kernel refuses. Return the filter's program.

    Parameters
    ----------
    wire
        The descriptor that leads to the harness.
    threads
        What :func:`own_threads` returned; it is closed.
    scratch
        Whether the model has a folder to write to.

    Raises
    ------
    OSError
        The filter could not be installed, or the thread that is not bound by it did not end; the caller must not go on.
    """
    try:
        messenger = _Messenger(wire)
    except RuntimeError:  # no further thread is allowed
        messenger = None
    if messenger is not None:
        try:
            program, listener = seccomp.install_asking(scratch=scratch)
        except OSError:
            messenger.send(None)
        else:
            messenger.send(listener)
            os.close(listener)
            _await_one_thread(threads)
            return program
    program = seccomp.install(scratch=scratch)
    os.write(wire, NONE)
    if messenger is not None:
        _await_one_thread(threads)
    return program


class _Messenger:
    """A thread that waits for one descriptor and sends it."""

    def __init__(self, wire: int) -> None:
        self._wire = wire
        self._listener: int | None = None
        self._told = _thread.allocate_lock()
        self._done = _thread.allocate_lock()
        self._told.acquire()
        self._done.acquire()
        _thread.start_new_thread(self._run, ())

    def send(self, listener: int | None) -> None:
        """Have it sent, and wait until it is; None sends nothing."""
        self._listener = listener
        self._told.release()
        self._done.acquire()

    def _run(self) -> None:
        self._told.acquire()
        try:
            if self._listener is not None:
                end = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, os.dup(self._wire))
                rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, struct.pack("i", self._listener))
                try:
                    end.sendmsg([LISTENER], [rights])
                finally:
                    end.close()
        except OSError:
            pass  # the harness is gone; what is denied stays denied
        finally:
            self._done.release()


def _await_one_thread(threads: int) -> None:
    end = time.monotonic() + GONE_SECONDS
    try:
        while len(os.listdir(threads)) != 1:
            if time.monotonic() > end:
                raise OSError("a thread without the filter is left")
            time.sleep(0.0005)
    finally:
        os.close(threads)
