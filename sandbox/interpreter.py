"""The Python that runs the host program: which program, which folders it needs, and which environment."""

from __future__ import annotations

import functools
import os
import site
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from proofbox.sandbox.errors import IsolationError

HOST = Path(__file__).resolve().parent / "host"
FLAGS = ("-I", "-S", "-B", "-X", "utf8", "-W", "ignore")
"""Isolated, without ``site`` (no ``.pth`` file and no ``sitecustomize`` of anyone fires), writing no bytecode."""
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
    if prefix in {Path("/"), Path.home().resolve()}:
        raise IsolationError(f"the interpreter's prefix {prefix} cannot be shown to a model without all that is in it")
    named = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        named.append(site.getusersitepackages())
    named += [entry for entry in sys.path if Path(entry).name in {"site-packages", "dist-packages"}]
    sites = dict.fromkeys(Path(os.path.realpath(entry)) for entry in named if entry and _is_folder(entry))
    return Interpreter(program=program, prefix=prefix, sites=tuple(sites))


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except PermissionError:  # in a folder that is closed to this user
        return False


def neutral_name(model: Path) -> str:
    """Return a name for the model inside that tells nothing but the suffix, which some libraries go by."""
    suffix = "".join(c for c in model.suffix.lower() if c.isascii() and (c.isalnum() or c == "."))[:12]
    return f"model{suffix}"
