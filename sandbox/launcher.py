"""The one thread of a process that starts sandboxes, and outlives whoever asked for one."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class _Launcher(threading.Thread):
    """The one thread that starts sandboxes.

    The kernel ends a sandbox with its *parent thread* (PR_SET_PDEATHSIG), so that a sandbox started by a worker thread
    would die with the worker. This thread lives as long as the harness.
    """

    def __init__(self) -> None:
        super().__init__(name="proofbox-sandbox-launcher", daemon=True)
        self.tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self.start()

    def run(self) -> None:
        while (task := self.tasks.get()) is not None:
            task()


_launcher: _Launcher | None = None
_launcher_lock = threading.Lock()


def _forget_launcher() -> None:
    global _launcher, _launcher_lock
    _launcher, _launcher_lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget_launcher)


def on_launcher(task: Callable[[], T]) -> T:
    """Run ``task`` on the thread that lives as long as the harness; return or raise what it does."""
    global _launcher  # noqa: PLW0603 one thread a process
    with _launcher_lock:
        if _launcher is None:
            _launcher = _Launcher()
    done: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((task(), None))
        except BaseException as error:  # noqa: BLE001 handed to the caller
            done.put((None, error))

    _launcher.tasks.put(run)
    result, error = done.get()
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # a T wherever there is no error


def end_launcher() -> None:
    """End that thread, once none of its sandboxes is left: who is about to fork has no threads to lose."""
    global _launcher
    with _launcher_lock:
        ended, _launcher = _launcher, None
    if ended is not None:
        ended.tasks.put(None)
        ended.join()
