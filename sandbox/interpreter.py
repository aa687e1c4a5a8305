"""The Python that runs the host program: which program, which folders it needs, and which environment."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import site
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from proofbox.sandbox.errors import InterpreterError, IsolationError

HOST = Path(__file__).resolve().parent / "host"
FLAGS = ("-I", "-S", "-B", "-u", "-X", "utf8", "-W", "ignore")
"""Isolated, without ``site`` (no ``.pth`` file and no ``sitecustomize`` of anyone fires), writing no bytecode, and no
buffer: what a model printed is counted when it prints, and not lost with a process that is ended."""
BOOTSTRAP = (
    "import sys;from importlib import util;"
    "s=util.spec_from_file_location('pbxhost',sys.argv[1]+'/__init__.py',submodule_search_locations=[sys.argv[1]]);"
    "m=util.module_from_spec(s);sys.modules['pbxhost']=m;s.loader.exec_module(m);"
    "from pbxhost.main import main;main(*map(int,sys.argv[2:]))"
)
"""Loads the host program as a package of its own name: no folder of the harness comes onto ``sys.path``."""
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "HOME": "/",
    "LOKY_MAX_CPU_COUNT": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TZ": "UTC",
    "VECLIB_MAXIMUM_THREADS": "1",
}
"""All of the environment inside; nothing of the caller's is passed on."""
THREADS = ("LOKY_MAX_CPU_COUNT", *(name for name in ENVIRONMENT if name.endswith("_NUM_THREADS")))
SCRATCH = "/tmp"  # noqa: S108 its path inside, where it is an own folder in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python installation as seen from outside."""

    program: Path
    """The real program, not a virtual environment's link to it."""
    prefix: Path
    """Where its standard library lies."""
    sites: tuple[Path, ...]
    """Folders of installed libraries."""

    def command(self, host: str, *descriptors: int) -> list[str]:
        """Return the command line that runs the host program found at ``host``.

        ``descriptors`` are those that it inherits: the wire, and the memory through which rows come, if there is one.
        """
        return [str(self.program), *FLAGS, "-c", BOOTSTRAP, host, *(str(number) for number in descriptors)]


def environment(*, threads: int = 1, scratch: bool = False) -> dict[str, str]:
    """Return the environment of a model that is granted so many threads, and a folder to write to or none."""
    granted = {**ENVIRONMENT, **dict.fromkeys(THREADS, str(threads))}
    return {**granted, "TMPDIR": SCRATCH} if scratch else granted


def home() -> Path:
    """Return the user's home folder; ``/nonexistent`` for one who has none, as users of services and bare numbers."""
    with contextlib.suppress(RuntimeError):
        found = Path.home()
        return found if len(found.parts) > 1 else Path("/nonexistent")
    return Path("/nonexistent")


ASK = """
import json, site, sys, sysconfig
named = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
program = getattr(sys, "_base_executable", None) or sys.executable
print(json.dumps([list(sys.version_info[:2]), program, sys.base_prefix, named]))
"""
ASK_SECONDS = 30
OLDEST = (3, 11)
NEEDED = ("numpy", "pandas", "pyarrow")


def of(environment: Path) -> Interpreter:
    """Return the interpreter of a virtual environment, or of a Python program, that the *operator* names.

    It is run here to say where its libraries lie, so the name must never come out of a submission.

    Raises
    ------
    InterpreterError
        There is no Python that can be run, it is too old, or it lacks what the host program needs.
    """
    program = environment / "bin" / "python" if environment.is_dir() else environment
    try:
        said = subprocess.run(  # noqa: S603 the operator's own program, no shell
            [program, "-I", "-c", ASK], capture_output=True, env={}, timeout=ASK_SECONDS, check=True
        ).stdout
        version, real, prefix, named = json.loads(said)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise InterpreterError(f"{environment}: got no Python that answers, expected a virtual environment") from error
    if tuple(version) < OLDEST:
        raise InterpreterError(f"{environment}: got Python {version[0]}.{version[1]}, expected 3.11 or newer")
    sites = tuple(dict.fromkeys(Path(os.path.realpath(entry)) for entry in named if Path(entry).is_dir()))
    missing = [name for name in NEEDED if not any((site_ / name).is_dir() for site_ in sites)]
    if missing:
        raise InterpreterError(
            f"{environment}: got an environment without {', '.join(missing)}, expected {', '.join(NEEDED)} beside what"
            f" the model needs; install them with: {program} -m pip install {' '.join(missing)}"
        )
    return _checked(Path(real).resolve(), Path(prefix).resolve(), sites)


@functools.cache
def current() -> Interpreter:
    """Return the interpreter that the harness itself runs on.

    Raises
    ------
    IsolationError
        It is installed straight in ``/`` or in the home folder, so that showing it would show everything else too.
    """
    program = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
    prefix = Path(sys.base_prefix).resolve()
    named = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        named.append(site.getusersitepackages())
    named += [entry for entry in sys.path if Path(entry).name in {"site-packages", "dist-packages"}]
    sites = dict.fromkeys(Path(os.path.realpath(entry)) for entry in named if entry and _is_folder(entry))
    return _checked(program, prefix, tuple(sites))


def _checked(program: Path, prefix: Path, sites: tuple[Path, ...]) -> Interpreter:
    if prefix in {Path("/"), home().resolve()}:
        raise IsolationError(f"the interpreter's prefix {prefix} cannot be shown to a model without all that is in it")
    return Interpreter(program=program, prefix=prefix, sites=sites)


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except PermissionError:  # in a folder that is closed to this user
        return False


def neutral_name(model: Path) -> str:
    """Return a name for the model inside that tells nothing but the suffix, which some libraries go by."""
    suffix = "".join(c for c in model.suffix.lower() if c.isascii() and (c.isalnum() or c == "."))[:12]
    return f"model{suffix}"
