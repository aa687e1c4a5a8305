"""Ask a model that nobody has described yet what it reads and answers: behind the walls, since asking means loading.

For ``proofbox init`` alone, which guesses a submission: what comes back is the stranger's own word about itself.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from proofbox.sandbox import answers, endings, wire
from proofbox.sandbox.denials import Tally
from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.executor import Executor, Launch
from proofbox.sandbox.limits import Limits

MOST_NAMES = 10_000
MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a model said of itself; empty where it said nothing."""

    features: tuple[str, ...]
    """Names of the columns that it was trained on, in order."""
    classes: tuple[str, ...]
    """Names of its classes in text form."""
    methods: frozenset[str]
    """Those of ``predict``, ``predict_proba`` and ``decision_function`` that it has."""
    columns: int
    """Number of columns that it takes; 0 where it does not say."""
    kind: str
    """``classifier``, ``regressor``, or empty."""


def describe_model(executor: Executor, path: Path, model_format: str, limits: Limits | None = None) -> Description:
    """Load the model behind the walls of ``executor`` and return what it tells of itself; its process is then ended.

    Parameters
    ----------
    path
        File or folder of a taken-in copy.
    model_format
        One of :data:`proofbox.sandbox.formats.HOSTED`.

    Raises
    ------
    ModelError
        It could not be loaded, or it crashed, hung or answered what is no answer.
    IsolationError
        The walls could not be built; the model was not loaded.
    """
    limits = limits or Limits()
    running = executor.launch(Launch(limits=limits, model=path))
    try:
        end = wire.Wire(running.wire)
        config = {
            "mode": "describe",
            "limits": limits.to_json(),
            **running.inside.config(),
            "sites": running.inside.sites,
            "path": running.inside.model,
            "format": model_format,
            "output": "label",
            "threads": limits.threads,
        }
        deadline = time.monotonic() + limits.start_seconds
        nonce = end.request(wire.CONFIGURE, memoryview(json.dumps(config).encode()), wire.text_shape(), deadline)
        running.count_denied(Tally(), deadline)
        reply = end.reply(nonce, wire.HELLO, wire.text_shape(), deadline)
        if reply.kind == wire.REFUSED:
            raise answers.refusal(reply.body)
        return _description(wire.read_texts(reply.body, 4))
    except ModelError as error:
        raise endings.explained(error, running, limits, loading=True) from error
    finally:
        running.kill()


def _description(told: tuple[tuple[str, ...], ...]) -> Description:
    features, classes, methods, rest = (
        tuple(answers.printable(text, MOST_CHARACTERS) for text in part[:MOST_NAMES]) for part in told
    )
    count, kind = rest if len(rest) == 2 else ("", "")
    return Description(
        features=features,
        classes=classes,
        methods=frozenset(methods),
        columns=int(count) if count.isdecimal() and len(count) < 9 else 0,
        kind=kind if kind in {"classifier", "regressor"} else "",
    )
