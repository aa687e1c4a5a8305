"""Another time for the model: what Python tells of it is moved, before anything foreign is imported.

A time namespace of Linux moves the monotonic clocks and not the one that shows the date, and nothing may be preloaded
into a process whose libraries are its own. So the functions of ``time`` are replaced, and the methods of ``datetime``
in the types themselves: pandas and everything else written in Python or Cython asks these. Compiled code that asks the
kernel (``numpy.datetime64('now')``) is not reached.
"""

from __future__ import annotations

import ctypes
import datetime
import gc
import time
from collections.abc import Callable
from typing import Any

NANOSECONDS = 1_000_000_000


def show(seconds: float) -> None:
    """Have Python's clock show ``seconds`` since 1970 (UTC) from now on, and go on from there."""
    ahead = int(seconds * NANOSECONDS) - time.time_ns()
    now_ns, clock_ns = time.time_ns, time.clock_gettime_ns

    def time_ns() -> int:
        return now_ns() + ahead

    def clock_gettime_ns(clock: int) -> int:
        return clock_ns(clock) + (ahead if clock == time.CLOCK_REALTIME else 0)

    def moved() -> float:
        return time_ns() / NANOSECONDS

    time.time_ns = time_ns
    time.time = moved
    time.clock_gettime_ns = clock_gettime_ns
    time.clock_gettime = lambda clock: clock_gettime_ns(clock) / NANOSECONDS
    for name in ("gmtime", "localtime", "ctime"):
        setattr(time, name, _of_now(getattr(time, name), moved))
    _move_texts()
    _move_dates(moved)


def _of_now(function: Callable[[float], Any], moved: Callable[[], float]) -> Callable[..., Any]:
    def told(seconds: float | None = None) -> Any:  # noqa: ANN401 whatever the function returns
        return function(moved() if seconds is None else seconds)

    return told


def _move_texts() -> None:
    asctime, strftime = time.asctime, time.strftime
    time.asctime = lambda parts=None: asctime(time.localtime() if parts is None else parts)
    time.strftime = lambda form, parts=None: strftime(form, time.localtime() if parts is None else parts)


def _move_dates(moved: Callable[[], float]) -> None:
    def now(cls: type[datetime.datetime], tz: datetime.tzinfo | None = None) -> datetime.datetime:
        return cls.fromtimestamp(moved(), tz)

    def utcnow(cls: type[datetime.datetime]) -> datetime.datetime:
        return cls.fromtimestamp(moved(), datetime.UTC).replace(tzinfo=None)

    def today(cls: type[datetime.date]) -> datetime.date:
        return cls.fromtimestamp(moved())

    _give(datetime.datetime, now=now, utcnow=utcnow)
    _give(datetime.date, today=today)


def _give(kind: type, **methods: Callable[..., Any]) -> None:
    """Put class methods into a type of the standard library, which ``setattr`` refuses to change."""
    (names,) = gc.get_referents(kind.__dict__)  # the dictionary behind the read-only view
    names.update({name: classmethod(method) for name, method in methods.items()})
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
