"""Count the system calls that a model asked for and was denied: told by the kernel, answered with EPERM by the harness.

The kernel holds a thread that makes a denied call until the harness has answered (seccomp_unotify(2)). The answer is
always EPERM, never *continue*. Who asks too often is not listened to any longer: the kernel then answers ENOSYS itself.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import platform
import select
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from proofbox.sandbox.callnames import call_names
from proofbox.sandbox.errors import ModelError

MOST_ANSWERED = 10_000
"""Denied calls of one process that are counted and answered."""
LOOK_SECONDS = 0.5
ASK = struct.Struct("=QIIiI64x")
"""``struct seccomp_notif``: id, thread, flags, and of ``struct seccomp_data`` the number and the architecture."""
REPLY = struct.Struct("=QqiI")
"""``struct seccomp_notif_resp``: id, value, error, flags."""
RECEIVE, SEND = 0xC0502100, 0xC0182101
"""SECCOMP_IOCTL_NOTIF_RECV and SECCOMP_IOCTL_NOTIF_SEND (linux/seccomp.h)."""
LISTENER, NONE = b"l", b"n"
"""What the host program sends before all frames (``host/listener.py``)."""


@dataclass(slots=True)
class Tally:
    """The denied calls of one model, over all its processes."""

    at_start: Counter[str] = field(default_factory=Counter)
    """While it was loaded: name of the call -> how often."""
    afterwards: Counter[str] = field(default_factory=Counter)
    """From its hello on."""
    loaded: bool = False
    """Which of the two counts now."""
    uncounted: str = ""
    """Why one of its processes was not counted; empty where all were."""
    ceased: bool = False
    """Whether one of its processes asked so often that it was not listened to any longer: there were more."""

    def note(self, name: str) -> None:
        """Count one denied call."""
        (self.afterwards if self.loaded else self.at_start)[name] += 1

    def to_json(self) -> dict[str, object]:
        """Return the form that stands among a model's stats."""
        return {
            "denied_calls": dict(sorted(self.afterwards.items())),
            "denied_calls_at_start": dict(sorted(self.at_start.items())),
            "denied_calls_uncounted": self.uncounted,
            "denied_calls_at_least": self.ceased,
        }


def receive_listener(wire: socket.socket, deadline: float) -> int | None:
    """Return the descriptor that the host program hands over before it imports anything foreign; None without one.

    Raises
    ------
    ModelError
        It ended, did not answer, or sent something else.
    """
    poll = select.poll()
    poll.register(wire, select.POLLIN)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise ModelError("hang", "the model did not answer within its deadline")
    try:
        said, descriptors, _, _ = socket.recv_fds(wire, 1, 1, socket.MSG_CMSG_CLOEXEC)
    except OSError as error:
        raise ModelError("crash", "the model's process has ended") from error
    if not said:
        raise ModelError("crash", "the model's process has ended")
    if said == LISTENER and len(descriptors) == 1:
        return descriptors[0]
    for descriptor in descriptors:
        os.close(descriptor)
    if said != NONE:
        raise ModelError("garbage", "the model wrote bytes into the wire that are no frame")
    return None


class Answering(threading.Thread):
    """Answers one sandbox's denied calls until it has ended, or has asked too often."""

    def __init__(self, listener: int, tally: Tally) -> None:
        super().__init__(name="proofbox-sandbox-denials", daemon=True)
        self._listener = listener
        self._tally = tally
        self._over = threading.Event()
        self._poll = select.poll()
        self._poll.register(listener, select.POLLIN)
        self._names = call_names(platform.machine())
        self.start()

    def cease(self) -> None:
        """Stop at the next look: the sandbox has been ended."""
        self._over.set()

    def run(self) -> None:
        """Answer."""
        answered = 0
        try:
            while not self._over.is_set() and self._asked_or_silent():
                answered += self._answer()
                if answered >= MOST_ANSWERED:
                    self._tally.ceased = True
                    return
        finally:
            os.close(self._listener)

    def _asked_or_silent(self) -> bool:
        """Return False once no thread is left that could ask."""
        found = self._poll.poll(LOOK_SECONDS * 1000)
        return not found or bool(found[0][1] & select.POLLIN)

    def _answer(self) -> int:
        asked = bytearray(ASK.size)
        if not self._poll.poll(0):
            return 0
        try:
            fcntl.ioctl(self._listener, RECEIVE, asked)
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.EINTR}:  # who asked has ended, or was woken
                self._over.set()
            return 0
        number, _, _, call, _ = ASK.unpack(asked)
        self._tally.note(self._names.get(call, f"call {call}"))
        with contextlib.suppress(OSError):  # who asked has ended
            fcntl.ioctl(self._listener, SEND, bytearray(REPLY.pack(number, 0, -errno.EPERM, 0)))
        return 1
