"""Serve one model over the wire: stage 0, then libraries, then the model, then hello, then rows in and answers out."""

from __future__ import annotations

import json
import os
import sys

from . import stage0
from .channel import HELLO, PREDICT, PREDICT_MATRIX, PREDICT_SHARED, WALLS, Channel
from .inbox import Inbox


def main(wire: int, shared: int | None = None) -> None:
    """Run until the harness closes ``wire``; ``shared`` is the descriptor of the memory through which rows come.

    A ``wire`` of 0 stands for standard input and output, for sandboxes that pass on no other descriptor.
    """
    wires = (wire, wire) if wire else stage0.wire_off_stdio()
    inherited = set(wires) if shared is None else {*wires, shared}
    stage0.close_all_but(inherited)
    channel = Channel(*wires)
    first = channel.receive()
    if first is None:
        return
    config = json.loads(first.body)  # from the harness: the trusted direction
    built = stage0.apply(config, wire) if config["walled"] else stage0.Built()
    if config["mode"] == "ready":
        channel.texts(WALLS, [[built.landlock_abi, built.runs_as]])
        return
    if config["mode"] == "walls":
        from .battery import run_battery

        run_battery(channel, config, built, inherited, shared)
        return
    sys.path += config["sites"]
    sys.dont_write_bytecode = True
    if config["mode"] == "read":
        from .reader import serve

        serve(channel, config)
        return
    if config["mode"] == "describe":
        _describe(channel, config)
        return
    _serve(channel, config, Inbox(shared))


def _serve(channel: Channel, config: dict[str, object], inbox: Inbox) -> None:
    if (seconds := config.get("clock")) is not None:
        from .clock import show

        show(float(str(seconds)))
    from .models import RefusedError, open_served

    try:
        served = open_served(config)
    except RefusedError as error:
        channel.refuse("refused", str(error))
        return
    except BaseException as error:  # noqa: BLE001 whatever the stranger's file raises while it is loaded
        channel.refuse("load", _said(error))
        return
    served.hello(channel)
    while (request := channel.receive()) is not None and request.kind in {PREDICT, PREDICT_SHARED, PREDICT_MATRIX}:
        try:
            dtype, values = served.answer(inbox.take(request))
        except RefusedError as error:
            channel.refuse("refused", str(error))
        except BaseException as error:  # noqa: BLE001 whatever the stranger's program raises
            channel.refuse("raised", _said(error))
        else:
            channel.answer(dtype, values)
    os._exit(0)  # nothing of the model (atexit, __del__) runs once the harness has gone


def _describe(channel: Channel, config: dict[str, object]) -> None:
    from .describing import describe
    from .models import RefusedError

    try:
        told = describe(config).texts()
    except RefusedError as error:
        channel.refuse("refused", str(error))
    except BaseException as error:  # noqa: BLE001 whatever the stranger's file raises while it is loaded
        channel.refuse("load", _said(error))
    else:
        channel.texts(HELLO, told)
    os._exit(0)  # nothing of the model runs any more


def _said(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except BaseException:  # noqa: BLE001 its __str__ is the stranger's program too
        return "an exception that cannot be shown"
