"""Drive the suite: with every executor that works here, as root and as an ordinary user, and gather what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from attacks.engine import Outcome
from proofbox.sandbox import interpreter

SUITE = Path(__file__).resolve().parent
ROOT = SUITE.parents[2]
ORDINARY = 60_065
"""A user of no name and no other process, so that limits by user are counted right."""
USERS = ("ordinary user", "root")


def users() -> tuple[str, ...]:
    """Return whom the suite can run as: root may become anyone, an ordinary user is who he is."""
    return USERS if os.geteuid() == 0 else USERS[:1]


def command(user: str, arguments: list[str], flag: str = "") -> list[str]:
    """Return the command line that runs Python with ``arguments`` as that user; ``flag`` is one of ``as_user.py``."""
    python = [sys.executable, *arguments]
    if not flag and (os.geteuid() != 0 or user == "root"):
        return python
    found = interpreter.current()
    needed = dict.fromkeys([ROOT, Path(sys.prefix), found.prefix, Path(sys.executable).parent])
    number = {"root": 0}.get(user, ORDINARY) if os.geteuid() == 0 else os.geteuid()
    start = [sys.executable, str(SUITE / "as_user.py"), *([flag] if flag else []), str(number)]
    return [*start, *map(str, needed), "--", *python]


def environment() -> dict[str, str]:
    """Return the environment that the suite runs in: nothing of the caller's, and temporary files in ``/tmp``."""
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(SUITE.parent),
        "HOME": "/",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
    }


def working(user: str) -> tuple[str, ...]:
    """Return the executors that work for that user, the strongest first."""
    told = (
        "from proofbox.sandbox.executor import in_order\n"
        "print(*(one.name for one in in_order() if one.probe().available))"
    )
    run = subprocess.run(command(user, ["-c", told]), env=environment(), cwd="/", capture_output=True, text=True,
                         timeout=120, check=True)  # fmt: skip
    return tuple(run.stdout.split())


def attacked(user: str, executor: str, families: tuple[str, ...]) -> list[Outcome]:
    """Run families of attacks and return what came of each.

    Raises
    ------
    RuntimeError
        The suite itself failed: with what it printed.
    """
    argv = command(user, ["-m", "attacks", executor, *families])
    run = subprocess.run(argv, env=environment(), cwd="/", capture_output=True, text=True, timeout=600, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(families)} with {executor} as {user} ended with {run.returncode}: {run.stderr}")
    lines = (json.loads(line) for line in run.stdout.splitlines())
    return [Outcome(**{**line, "through": tuple(line["through"])}) for line in lines]
