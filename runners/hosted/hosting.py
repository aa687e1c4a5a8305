"""Open the sandbox for one submission: prove the walls, start the model behind them, and keep what was proven."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from proofbox.checks.holding import Behaviour, Isolation, NotCounted
from proofbox.checks.text import t
from proofbox.runners.errors import BadSubmissionError
from proofbox.runners.hosted.deciding import DecidingModel
from proofbox.runners.hosted.endpoint import contract_of, open_endpoint
from proofbox.runners.hosted.fitting import REFUSED, check_fit
from proofbox.runners.hosted.walls import Walls, level_of
from proofbox.runners.submitted.resolve import Resolved
from proofbox.sandbox import interpreter
from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.formats import LIBRARIES
from proofbox.sandbox.hosted import ModelSpec, open_model
from proofbox.sandbox.limits import Limits

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.runners.submitted.submission import ModelBlock


@dataclass(slots=True, kw_only=True)
class Hosting:
    """What is known of the walls and of the model's behaviour behind them."""

    walls: Walls
    executor: str = "none: the model was not loaded"
    selfcheck: Mapping[str, Json] = field(default_factory=dict)
    stats: Mapping[str, Json] = field(default_factory=dict)
    allowed_urls: tuple[str, ...] = ()
    """Addresses of endpoints that may be asked: the operator's word, never the submission's."""
    limits: Limits | None = None
    """Those of the run, with what the submission was granted."""
    spec: ModelSpec | None = None
    """The model that is hosted, for who hosts it once more; None before that, and for an endpoint."""
    workers: Mapping[str, Json] = field(default_factory=dict)
    """Who helped, with their walls and what they did; empty where nobody did."""
    summed: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda stats: stats
    """Adds what other hosts of the same model did to what this one did."""

    def isolation(self) -> Isolation | None:
        """Return how the model was held, as checks are given it; None where the sandbox was never opened."""
        if not self.selfcheck:
            return None
        rows = cast("list[Mapping[str, Json]]", self.selfcheck["rows"])
        return Isolation(
            executor=self.executor,
            level=level_of(self.selfcheck),
            attempts={str(row["probe"]): row["held"] is True for row in rows},
        )

    def behaviour(self) -> Behaviour | None:
        """Return what the model did beside answering, as checks are given it; None where it was never started."""
        if not self.stats:
            return None
        return Behaviour(
            batches=int(cast("int", self.stats["calls"])),
            denied_calls=self._denied("denied_calls"),
            denied_calls_at_start=self._denied("denied_calls_at_start"),
            more_denied=self.stats["denied_calls_at_least"] is True,
            output_bytes=int(cast("int", self.stats["stdout_bytes"])),
            violations=tuple(kind for kind in self._violations() if kind != "raised"),
            restarts=len(cast("list[object]", self.stats.get("revivals", []))),
        )

    def _violations(self) -> Iterator[str]:
        """Yield how the model failed, in order; one that raised an error of its own has said no, which it may."""
        for one in cast("list[dict[str, str]]", self.stats["violations"]):
            yield one["kind"]

    def _denied(self, key: str) -> Mapping[str, int] | NotCounted:
        if self.stats["denied_calls_uncounted"]:
            return NotCounted(t("this executor, or the kernel of this machine, does not tell of denied calls"))
        return cast("Mapping[str, int]", self.stats[key])


@contextmanager
def open_hosting(
    resolved: Resolved, limits: Limits, hosting: Hosting, environment: Path | None = None
) -> Iterator[DecidingModel]:
    """Start the model behind proven walls; what was proven and seen is noted in ``hosting``.

    Raises
    ------
    IsolationError
        The walls could not be had or proven.
    InterpreterError
        ``environment`` holds no Python that the host program can run on.
    BadSubmissionError
        The model cannot be loaded, or refuses the evaluation rows that came with it.
    ModelError
        The model crashed or hung while it was loaded; a finding, not a mistake in the submission.
    """
    contract = contract_of(resolved)
    if contract is not None and contract.app is None:
        with open_endpoint(resolved, contract, limits, hosting) as model:
            yield model
        return
    block = resolved.submission.model
    assert block is not None
    python = None if environment is None else interpreter.of(environment)
    if python is None:
        _check_library(resolved)
    hosting.limits = replace(limits, threads=block.needs.threads, scratch_bytes=block.needs.scratch_bytes)
    if hosting.limits != limits or python is not None:
        hosting.walls = hosting.walls.granting(hosting.limits, python)
    executor = hosting.walls.executor()
    hosting.executor = executor.name
    hosting.selfcheck = hosting.walls.selfcheck
    spec = hosting.spec = _spec_of(resolved, block, python)
    try:
        with open_model(executor, spec, hosting.limits) as hosted:
            try:
                check_fit(hosted, resolved)
                yield DecidingModel(hosted, block)
            finally:
                hosting.stats = hosting.summed(hosted.stats())
    except ModelError as err:
        hosting.stats = hosting.stats or cast("Mapping[str, Json]", err.stats)
        if err.kind not in REFUSED:
            raise
        raise _not_loaded(resolved, spec, err) from err


def _spec_of(resolved: Resolved, block: ModelBlock, python: interpreter.Interpreter | None) -> ModelSpec:
    subject = resolved.subject
    assert subject.model_path is not None
    return ModelSpec(
        path=subject.root / subject.model_path,
        format=subject.model_format or "unknown",
        features=block.features,
        output=block.output,
        task=block.task,
        python=python,
    )


def _not_loaded(resolved: Resolved, spec: ModelSpec, err: ModelError) -> BadSubmissionError:
    problem = resolved.document.problem(
        ("model", "path"),
        got=f"a model that {err.what}",
        expected=f"a {spec.format} model that answers for the columns under model.features",
        hint="check model.path, model.format and model.features, and that it was saved with a version we can load",
    )
    return BadSubmissionError((problem,))


def _check_library(resolved: Resolved) -> None:
    """Refuse a model whose library is not installed here, before anything is started."""
    library = LIBRARIES.get(resolved.subject.model_format or "")
    if library is None or find_spec(library) is not None:
        return
    problem = resolved.document.problem(
        ("model", "path"),
        got=f"a model of {library}, which is not installed",
        expected=f"{library} beside Proofbox",
        hint=f"install it with: pip install 'proofbox[{library}]'",
    )
    raise BadSubmissionError((problem,))
