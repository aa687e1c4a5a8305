"""Run attacks behind the walls of one executor and say of each how it ended and what was seen from outside."""

from __future__ import annotations

import importlib
import json
import math
import pickle
import re
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa

from attacks import kit
from attacks.archives import ARCHIVES, Archive
from attacks.formats import FORMATS, FromSource, ModelFile
from attacks.kit import ANSWERED, ATTACKS, HELD, NO_ANSWER, Attack
from attacks.outside import SHARED_BYTES, Outside, shared_bytes
from proofbox.sandbox import processes
from proofbox.sandbox.errors import IntakeError, IsolationError, ModelError
from proofbox.sandbox.executor import Executor
from proofbox.sandbox.hosted import HostedModel, ModelSpec, open_model
from proofbox.sandbox.intake import take_in
from proofbox.sandbox.limits import Limits

INSIDE = ("processes", "files", "network", "resources", "kernel", "identity", "wire", "awareness", "granted")
"""Files of attacks that are tried by a model inside."""
FAMILIES = (*INSIDE, "formats", "archives")
LIMITS = {
    "usual": Limits(call_seconds=20, start_seconds=40, resident_bytes=400_000_000),
    "tight": Limits(call_seconds=20, start_seconds=40, resident_bytes=400_000_000, processes=16),
    "short": Limits(call_seconds=1, start_seconds=40, resident_bytes=400_000_000),
    "short start": Limits(call_seconds=20, start_seconds=4, resident_bytes=400_000_000),
    "granted": Limits(call_seconds=20, start_seconds=40, resident_bytes=400_000_000, scratch_bytes=8 << 20),
    "processor": Limits(call_seconds=90, start_seconds=40, cpu_seconds=4),
}
BETWEEN_SECONDS = 0.4
"""Between two questions to one model: what it does unasked falls into that time."""
PATIENCE_SECONDS = 10
"""How much longer than its deadline the harness may take on a busy machine."""
OVERSHOOT_BYTES = 500_000_000
"""What a model may touch between two looks of a busy machine's harness."""
FEATURES = ("a", "b", "c", "d")
MODEL = """
import sys, types
import numpy as np
for name, text in SOURCES.items():
    module = types.ModuleType(name)
    sys.modules[name] = module
    module.RUN = RUN
    exec(text, module.__dict__)
kit = sys.modules["attacks.kit"]
world = types.SimpleNamespace(**WORLD)
class Model:
    classes_ = np.array([0, 1])
    def predict_proba(self, rows):
        world.rows, world.columns = rows.shape
        world.answer = 0.5
        kit.attempt(int(rows[0, 0]), world)
        return np.tile([world.answer, 1 - world.answer], (len(rows), 1))
"""

for _family in INSIDE:
    importlib.import_module(f"attacks.{_family}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one attack ended with one executor."""

    id: str
    executor: str
    ended: str
    """``held``, ``answered``, ``refused`` or the kind of the model's error."""
    said: str
    """What was denied or what the harness found, in a few words."""
    through: tuple[str, ...]
    """What shows that it got through; empty where the walls held."""
    known: str = ""
    """Why it gets through with this executor, where docs/sandbox.md says so."""
    seconds: float

    def to_json(self) -> str:
        """Return one line."""
        return json.dumps(asdict(self), ensure_ascii=False)


def catalogue() -> dict[str, Attack | ModelFile | Archive]:
    """Return every attack by its id, in the order of the table."""
    every = {**ATTACKS, **FORMATS, **ARCHIVES}
    place = {name: n for n, name in enumerate(FAMILIES)}
    return dict(sorted(every.items(), key=lambda pair: place[pair[0].partition(".")[0]]))


def run(wanted: str, executor: Executor, outside: Outside) -> Iterator[Outcome]:
    """Run all attacks of a family, or the one of that id. Archives need no executor: they never get as far."""
    chosen = [one for id_, one in catalogue().items() if wanted in {id_, id_.partition(".")[0]}]
    assert chosen, f"no attack and no family is called {wanted}"
    yield from (_taken(one, outside) for one in chosen if isinstance(one, Archive))
    yield from (_loaded(one, executor, outside) for one in chosen if isinstance(one, ModelFile))
    for limits in LIMITS:
        tried = [one for one in chosen if isinstance(one, Attack) and one.limits == limits]
        yield from _Session(executor, outside, limits).run(tried)


class _Session:
    """One hosted model after another under one set of limits: one process for all quiet attacks."""

    def __init__(self, executor: Executor, outside: Outside, limits: str) -> None:
        self._executor = executor
        self._outside = outside
        self._limits = LIMITS[limits]
        self._hosted: HostedModel | None = None
        self._members: tuple[processes.Member, ...] = ()

    def run(self, chosen: list[Attack]) -> Iterator[Outcome]:
        for one in chosen:
            yield self._tried(one)
        if self._hosted:
            gone = self._closed()
            assert not gone, f"after the last attack: {gone}"

    def _tried(self, one: Attack) -> Outcome:
        try:
            if self._hosted is None:
                self._open(one)
        except IsolationError as error:
            # It grants no such folder, and so starts nothing. Any other reason is not the expected one.
            through = [] if "refused" in one.ends and "cannot give" in str(error) else [f"not started: {error}"]
            return _outcome(one, self._executor.name, ("refused", "no such folder is granted", through), 0.0)
        assert self._hosted is not None
        hosted, before = self._hosted, self._members
        started, shared = time.monotonic(), shared_bytes()
        ended, said, through = _asked(hosted, one)
        seconds = time.monotonic() - started
        through += self._seen(one, said, seconds)
        if one.shared and (grown := shared_bytes() - shared) > SHARED_BYTES:
            hosted.close()
            if shared_bytes() < shared + grown - SHARED_BYTES:
                through.append(f"shared memory grew by {grown >> 20} MB")
        stopped = ended not in {HELD, ANSWERED, NO_ANSWER, "raised"}
        if stopped:
            through += [f"process {m.pid} lives on" for m in before if processes.lives(m)]
        elif hosted._running and len(hosted._running.members()) != len(before):
            through.append(f"the sandbox has {len(hosted._running.members())} processes, had {len(before)}")
        kind = "garbage" if ended == NO_ANSWER else ended
        if (stopped or ended == NO_ANSWER) and kind not in {entry["kind"] for entry in hosted.stats()["violations"]}:
            through.append("the harness has no finding of it")
        if stopped or one.alone or through or ended in {ANSWERED, NO_ANSWER}:
            through += self._closed()
        if ended not in one.ends:
            through.append(f"it ended as {ended!r}, expected {' or '.join(one.ends)}")
        if said.startswith(("THROUGH", "BROKEN")):
            through.append(said)
        return _outcome(one, self._executor.name, (ended, said, through), seconds)

    def _seen(self, one: Attack, said: str, seconds: float) -> list[str]:
        hosted = self._hosted
        found = self._outside.breaches(said, sandbox=hosted._running.pid if hosted._running else 0)
        if not said.isprintable() or str(self._outside.root) in said:
            found.append("a control character or a path is shown")
        if seconds > (self._limits.call_seconds + PATIENCE_SECONDS) * one.calls:
            found.append(f"the harness waited {seconds:.1f} seconds")
        if hosted.stats()["peak_resident_bytes"] > self._limits.resident_bytes + OVERSHOOT_BYTES:
            found.append(f"{hosted.stats()['peak_resident_bytes'] >> 20} MB were used")
        return found

    def _open(self, one: Attack) -> None:
        world = vars(self._outside.world)
        path = Path(self._outside.world.model_outside)
        inside = path
        if self._executor.level >= 2:
            inside = Path("/model") / path.name
        texts = {f"attacks.{name}": _text(name) for name in ("kit", *INSIDE)}
        told = {**world, "model_inside": str(inside), "order": list(ATTACKS), **self._limits.to_json()}
        head = f"SOURCES = {texts!r}\nWORLD = {told!r}\nRUN = {kit.MARK.rpartition('-')[2]!r}\n"
        path.write_bytes(pickle.dumps(FromSource(head + MODEL)))
        path.chmod(0o666)
        self._outside.remember()
        self._hosted = open_model(self._executor, _spec(path, "pickle"), self._limits)
        self._members = self._hosted._running.members()

    def _closed(self) -> list[str]:
        """Close the model; return what is left of it."""
        before = self._members
        self._hosted.close()
        self._hosted = None
        left = [f"process {m.pid} lives on after the end" for m in before if processes.lives(m)]
        return left + self._outside.breaches("")


def _asked(hosted: HostedModel, one: Attack) -> tuple[str, str, list[str]]:
    """Ask the model as often as the attack needs; return how it ended, what was said and what went wrong."""
    number = float(list(ATTACKS).index(one.id))
    table = pa.table({name: [number] * one.rows for name in FEATURES})
    values, through = [], []
    memory = _own_memory()
    try:
        for call in range(one.calls):
            time.sleep(BETWEEN_SECONDS if call else 0)
            values.append(float(hosted.predict(table).values[0, 0]))
    except ModelError as error:
        told = error.what.removeprefix("the model raised: ")
        # By its name: that another attack was tried and held says nothing of this one.
        if error.kind == "raised" and told.startswith(f"Report: {one.id} "):
            return HELD, told.removeprefix(f"Report: {one.id} "), through
        # Of a forged answer nothing may have been used: what was taken before is the model's own.
        if any(value != 0.5 for value in values):
            through.append(f"{values} was used")
        if _own_memory() > memory + 50_000_000:
            through.append("the memory of the harness grew")
        return NO_ANSWER if error.kind == "garbage" and error.lives_on else error.kind, told, through
    expected = {"awareness.behaves_at_first": [0.25, 0.5, 0.75]}.get(one.id, [0.25])
    if not all(math.isclose(a, b) for a, b in zip(values, expected, strict=True)):
        through.append(f"it answered {values}")
    return ANSWERED, "its answers are what is measured", through


def _loaded(one: ModelFile, executor: Executor, outside: Outside) -> Outcome:
    limits, said = LIMITS[one.limits], ""
    with tempfile.TemporaryDirectory(dir=outside.root / "made") as folder:
        path = one.make(Path(folder), outside.world)
        Path(folder).chmod(0o755)
        outside.remember()
        started = time.monotonic()
        hosted = None
        try:
            hosted = open_model(executor, _spec(path, one.format), limits)
            rows = pa.table({name: [0.5] * 4 for name in FEATURES})
            hosted.predict(rows)
            ended = ANSWERED
        except ModelError as error:
            ended, said = error.kind, error.what
        finally:
            if hosted:
                hosted.close()
        seconds = time.monotonic() - started
        through = outside.breaches(said)
    if ended not in one.ends:
        through.append(f"it ended as {ended!r}, expected {' or '.join(one.ends)}: {said}")
    if seconds > limits.start_seconds + limits.call_seconds + PATIENCE_SECONDS:
        through.append(f"the harness waited {seconds:.1f} seconds")
    if hosted and hosted.stats()["peak_resident_bytes"] > limits.resident_bytes + OVERSHOOT_BYTES:
        through.append("more memory was used than its limit")
    return _outcome(
        one, executor.name, (ended, said or "loaded and answered; nothing came of the rest", through), seconds
    )


def _taken(one: Archive, outside: Outside) -> Outcome:
    through, said = [], ""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=outside.root / "made") as folder:
        paths = one.forms(Path(folder))
        outside.remember()
        for path in paths:
            into = Path(folder) / "into"
            try:
                take_in(path, into)
            except IntakeError as error:
                said = f"got {error.got}"
                if not re.search(one.match, str(error)):
                    through.append(f"{path.name} was refused for another reason: {error}")
            else:
                through.append(f"{path.name} was taken in")
            if into.exists():
                through.append("something was left behind")
        seconds = time.monotonic() - started
        through += outside.breaches("")
    return _outcome(one, "intake", ("refused", said, through), seconds)


def _outcome(
    one: Attack | ModelFile | Archive, executor: str, came: tuple[str, str, list[str]], seconds: float
) -> Outcome:
    ended, said, through = came
    known = (getattr(one, "known", None) or {}).get(executor, "")
    return Outcome(id=one.id, executor=executor, ended=ended, said=said, through=tuple(through), known=known,
                   seconds=round(seconds, 3))  # fmt: skip


def _spec(path: Path, kind: str) -> ModelSpec:
    return ModelSpec(path=path, format=kind, features=FEATURES, output="probability", task="binary-classification")


def _text(name: str) -> str:
    return (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")


def _own_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


__all__ = ("FAMILIES", "Outcome", "catalogue", "run")
