"""The interface of everything that can hold a model, and the choice between them: by doing, never by a version."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from proofbox.sandbox import interpreter
from proofbox.sandbox.errors import IsolationError
from proofbox.sandbox.launcher import end_launcher
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.running import Running
from proofbox.sandbox.surroundings import USUAL, Surroundings

AVAILABLE = ("auto", "bubblewrap", "landlock", "container", "gvisor", "unsafe-none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What came of really starting something in a backend."""

    available: bool
    reason: str
    """One sentence: why it is not available, or how it was shown to be."""
    advice: tuple[str, ...] = ()
    """Ways out on this system, the simplest first; empty where it is available."""
    version: str = ""
    binary: str = ""
    """Path of the program that builds the walls."""
    sha256: str = ""
    """Digest of that program."""
    runs_as: str = ""
    """As whom it runs: ``ordinary user``, ``root``, or what root was dropped to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What to start."""

    limits: Limits
    model: Path | None = None
    """File or folder that is shown inside, read-only; nothing else of the submission is. It must be open to every user
    who can reach it, as a taken-in copy is: started by root, the process inside is nobody's."""
    rows: int | None = None
    """Descriptor of the sealed memory through which rows come, for the host program to inherit. A backend that cannot
    pass descriptors on leaves it, and ``Inside.rows`` stays None: rows then go over the wire."""

    python: interpreter.Interpreter | None = None
    """The interpreter to run on; None: the harness's own."""
    surroundings: Surroundings = USUAL
    """What is different around it, where a check asks for that."""

    def interpreter(self) -> interpreter.Interpreter:
        """Return the interpreter to run on."""
        return self.python or interpreter.current()

    def environment(self) -> dict[str, str]:
        """Return the whole environment inside."""
        granted = interpreter.environment(threads=self.limits.threads, scratch=self.limits.scratch_bytes > 0)
        return {**granted, **self.surroundings.environment}

    def refuse_scratch(self, executor: str) -> None:
        """Raise IsolationError if a folder to write to was asked of an executor that cannot give one."""
        if self.limits.scratch_bytes:
            raise IsolationError(
                f"the model needs a folder to write to (model.needs.scratch_bytes), which {executor} cannot give",
                advice=("use --executor bubblewrap, whose folder lies in memory and has a size",),
            )

    def inherited(self, wire: int) -> tuple[int, ...]:
        """Return the descriptors that the host program inherits, the wire first."""
        return (wire,) if self.rows is None else (wire, self.rows)


class Executor(Protocol):
    """A backend: it starts the host program behind its walls."""

    @property
    def name(self) -> str:
        """Name in the command line and in the evidence."""
        ...

    @property
    def level(self) -> int:
        """0 none, 1 filters in the same namespaces, 2 own namespaces on a shared kernel, 3 own kernel."""
        ...

    @property
    def own_hostname(self) -> bool:
        """Whether a model inside sees a name of the machine that is the sandbox's own, and can be chosen."""
        ...

    def probe(self) -> Probe:
        """Start something really, and say what came of it; never raises."""
        ...

    def launch(self, launch: Launch) -> Running:
        """Start the host program.

        Raises
        ------
        IsolationError
            The walls could not be built; nothing was started.
        """
        ...


_kept: dict[str, Executor] = {}


def keep(name: str) -> None:
    """Try the executors of that name now, for who forks: :func:`choose` returns the one that works untried there.

    Where none works nothing is kept, and every :func:`choose` says so. What is kept is which program starts something
    on this machine; that its walls hold is for every run to prove.
    """
    with suppress(IsolationError):
        _kept[name] = choose(name)
    end_launcher()


def choose(name: str = "auto") -> Executor:
    """Return the executor of that name once it has really started something.

    Parameters
    ----------
    name
        ``auto`` (the first that works, in the order of :func:`in_order`), or one of :data:`AVAILABLE`.

    Raises
    ------
    IsolationError
        None works, or there is none of that name. Nothing is ever run without walls instead.
    """
    from proofbox.sandbox.unsafe import UnsafeNone

    if name == "unsafe-none":
        return UnsafeNone()
    if name in _kept:
        return _kept[name]
    if name not in AVAILABLE:
        raise IsolationError(f"no executor is called {name!r}; there are {', '.join(AVAILABLE)}")
    tried = [executor for executor in in_order() if name in {"auto", executor.name}]
    for executor in tried:
        if executor.probe().available:
            return executor
    found = [executor.probe() for executor in tried]
    advice = tuple(advice for probe in found for advice in probe.advice)
    raise IsolationError(f"no isolation could be had: {'; '.join(probe.reason for probe in found)}", advice=advice)


def in_order() -> tuple[Executor, ...]:
    """Return every executor that builds walls, none of them tried yet, in the order in which ``auto`` tries them.

    Those that need a program of their own to be installed and take seconds to start come last: ``auto`` takes them only
    where neither bubblewrap nor Landlock works. Whoever wants a kernel of its own names ``gvisor``.
    """
    from proofbox.sandbox.bubblewrap import Bubblewrap
    from proofbox.sandbox.container import Container
    from proofbox.sandbox.gvisor import Gvisor
    from proofbox.sandbox.landlock import Landlock

    return Bubblewrap(), Landlock(), Container(), Gvisor()
