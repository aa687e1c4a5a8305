"""A submission for one call from Python: the one at a path, or one made of two files that is gone again afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from proofbox.runners.errors import UsageError
from proofbox.runners.hosted.walls import Walls
from proofbox.runners.starting.guessing import Given
from proofbox.runners.starting.init import Start, start
from proofbox.runners.starting.writing import Product
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.scratch import scratch

NAMES = ("target", "sensitive", "features", "task")


@contextmanager
def passing(model: Path, data: object, meaning: Mapping[str, Any]) -> Iterator[Path]:
    """Yield a submission.

    Parameters
    ----------
    model
        A submission where ``data`` is None, else a model file.
    data
        Path of the evaluation data.
    meaning
        ``target``, ``sensitive``, ``features`` and ``task``; what is left out is guessed as ``proofbox init`` does.

    Raises
    ------
    UsageError
        Something is given that has no meaning here, or the submission that was made would be refused.
    """
    if data is None:
        if meaning:
            raise UsageError(f"got {next(iter(meaning))}= beside a submission, whose submission.yaml says it")
        yield model
        return
    if not isinstance(data, str | Path):
        raise UsageError("data: got a table beside the path of a model; expected a path too, since both are isolated")
    if strange := sorted(set(meaning) - set(NAMES)):
        raise UsageError(f"got {strange[0]}=, expected one of {', '.join(NAMES)} beside the path of a model")
    lists = {name: tuple(meaning[name]) for name in ("sensitive", "features") if meaning.get(name) is not None}
    given = Given(target=meaning.get("target"), task=meaning.get("task"), **lists)
    with scratch("api") as folder:
        wanted = Start(folder=folder / "submission", model=model, data=Path(data), given=given,
                       product=Product(name=model.stem or "model"))  # fmt: skip
        started = start(wanted, Walls("auto", Limits()))
        if started.problems:
            raise UsageError("\n".join(started.problems))
        yield started.folder
