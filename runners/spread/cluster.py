"""A Ray cluster, as a runner uses one: the one place that knows Ray (https://docs.ray.io/en/latest/ray-core/actors.html).

A worker is an actor: one process on one node, which gets values and bytes of ours and gives back values of ours.
Whoever may speak to a Ray cluster may run programs on it: a node that asks for no token (``RAY_AUTH_MODE=token``) gets
nothing of a submission.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import platform
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any, cast

from proofbox.runners.errors import UsageError
from proofbox.runners.hosted.hostrecord import HostRecord, host_record
from proofbox.runners.spread.crew import LostError

ADDRESS = "127.0.0.1:6379"
"""Of the cluster, where none is named: one on this machine, and nowhere else."""

ANSWER_SECONDS = 3.0
ENDED_SECONDS = 5.0
SHUT_DOWN_SECONDS = 15.0
FOR_EVER_SECONDS = 10**6
LOOK_SECONDS = 1.0
"""How long an answer is waited for before it is seen whether it is still wanted."""
MOST_REASON = 200
"""Characters of what Ray says of a loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What a node says of itself before it is given anything."""

    node: str
    software: HostRecord
    asks_for_token: bool


def greeting() -> Greeting:
    """Return what the node says on which this runs, in an actor."""
    return Greeting(
        node=node_name(),
        software=host_record(),
        asks_for_token=os.environ.get("RAY_AUTH_MODE", "").lower() == "token",
    )


def node_name() -> str:
    """Return the name of the machine, and of the node on it."""
    import ray

    return f"{platform.node()}, Ray node {ray.get_runtime_context().get_node_id()[:8]}"


class Actor:
    """An object of ``kind`` in a process of its own on some node; it has one processor, and is not started again.

    Parameters
    ----------
    head
        ``HOST:PORT`` of the cluster's head, where nobody else looks after it: an actor counts as lost when it is gone.
    """

    def __init__(self, kind: type, head: str | None = None) -> None:
        self._head = head
        self._actor = _class_of(kind).remote()
        self._closed = False

    def asked(
        self, method: str, *given: object, seconds: float | None = None, over: Callable[[], str] = lambda: ""
    ) -> Any:  # noqa: ANN401 what they return
        """Return what a method of it gives.

        Parameters
        ----------
        seconds
            How long an answer is waited for; None: as long as its process lives.
        over
            Says why it is waited for no longer; nothing as long as it is.

        Raises
        ------
        LostError
            Its process, or its node, has gone, or it is waited for no longer.
        """
        from ray import exceptions, get

        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            answer = getattr(self._actor, method).remote(*given)
            while True:
                try:
                    return get(answer, timeout=LOOK_SECONDS)
                except exceptions.GetTimeoutError:
                    # Where the head is gone nobody says any more that this one is.
                    if self._closed or (deadline is not None and time.monotonic() > deadline):
                        raise
                    if why := over():
                        raise LostError(why) from None
                    if self._head is not None and not answers(self._head):
                        raise LostError("the head of the cluster does not answer any more") from None
        except exceptions.RayTaskError as err:
            if isinstance(err.cause, LostError):
                raise LostError(str(err.cause)) from err
            raise  # a defect of ours, with its own traceback
        except exceptions.RayError as err:
            reason = str(err).strip().partition("\n")[0][:MOST_REASON]
            raise LostError(f"{type(err).__name__}: {reason}") from err

    def close(self) -> None:
        """End its process, and with it what it started."""
        import ray

        self._closed = True
        _within(ENDED_SECONDS, lambda: ray.kill(self._actor))


def _within(seconds: float, act: Callable[[], object]) -> None:
    """Do what waits for the head of the cluster; where that is gone, it is waited for no longer than this."""

    def acting() -> None:
        with contextlib.suppress(Exception):  # whatever Ray says of what has gone
            act()

    thread = threading.Thread(target=acting, daemon=True)
    thread.start()
    thread.join(seconds)


@cache
def _class_of(kind: type) -> Any:  # noqa: ANN401 a class of Ray's
    """Return the class of actors: it is sent to the head once, so that another actor does not wait for it."""
    import ray

    options = {"num_cpus": 1, "max_restarts": 0, "scheduling_strategy": "SPREAD"}
    return cast("Any", ray.remote(kind)).options(**options)


@contextmanager
def connected(address: str, workers: int) -> Iterator[int]:
    """Connect to a cluster for as long as the context lasts; yield the number of workers.

    Parameters
    ----------
    address
        ``HOST:PORT`` of the cluster.
    workers
        Hands that are wanted; 0: one for each processor of the cluster.

    Raises
    ------
    UsageError
        Ray is not installed, or the cluster cannot be reached, or no token is in use.
    """
    if find_spec("ray") is None:
        raise UsageError("--runner ray: Ray is not installed, install it with: pip install 'proofbox[ray]'")
    if os.environ.setdefault("RAY_AUTH_MODE", "token").lower() != "token":
        raise UsageError(
            f"--runner ray: got RAY_AUTH_MODE={os.environ['RAY_AUTH_MODE']}, expected token; see docs/ray.md"
        )
    # Ray tells its makers how it is used, unless it is told not to; nobody named that address.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Where the head is gone, Ray would end this process after a minute, with an exit code that means something else.
    os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", str(FOR_EVER_SECONDS))
    import ray

    ending = signal.getsignal(signal.SIGTERM)
    # What the library tells of nodes it prints on standard output, where one JSON document may be expected.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False, configure_logging=False)
        except Exception as err:
            reason = str(err).strip().partition("\n")[0][:300] or type(err).__name__
            raise UsageError(
                f"--ray-address {address}: the cluster cannot be used: {reason}; start one with:"
                " RAY_AUTH_MODE=token ray start --head --port 6379, and see docs/ray.md"
            ) from err
        try:
            # It puts a handler of its own in the place of ours, which ends a command in order.
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, ending)
            yield workers or max(1, int(cast("Any", ray).cluster_resources().get("CPU", 1)))
        finally:
            atexit.unregister(ray.shutdown)
            _within(SHUT_DOWN_SECONDS, ray.shutdown)


def answers(address: str) -> bool:
    """Return whether somebody listens at ``HOST:PORT``."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS).close()
    except (OSError, ValueError):
        return False
    return True


def unlike(there: Greeting) -> str:
    """Return why a node is given no model: it is open to all, or differs so that its figures might; else nothing."""
    if not there.asks_for_token:
        return "its Ray asks nobody for a token; start it with RAY_AUTH_MODE=token"
    ours, software = host_record(), there.software
    if software == ours:
        return ""
    for name, version in ours["packages"].items():
        if software["packages"].get(name) != version:
            return f"it has {name} {software['packages'].get(name)}, expected {version}"
    return f"it has {software['platform']}, expected {ours['platform']}"
