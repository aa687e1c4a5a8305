"""How long a command takes before it does anything, against ``python -c "import click"``: processor time, one run.

    .venv/bin/python benchmarks/start_up.py

The bars: ``proofbox --help`` within 3 times, ``proofbox policy lint P`` within 5 times. A run of a submission that is
not there ends where its policy is loaded: what every run takes before it looks at anything.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROUNDS = 5
COMMAND = Path(sys.executable).with_name("proofbox")
CASES = {
    "python -c 'import click'": [sys.executable, "-c", "import click"],
    "proofbox --help": [str(COMMAND), "--help"],
    "proofbox policy lint baseline": [str(COMMAND), "policy", "lint", "baseline"],
    "proofbox policy lint vn-trusted-ai": [str(COMMAND), "policy", "lint", "vn-trusted-ai"],
    "proofbox run NOTHING --policy baseline": [str(COMMAND), "run", "nothing", "--policy", "baseline"],
    "proofbox checks list": [str(COMMAND), "checks", "list"],
    "completing 'proofbox run x --policy b'": [str(COMMAND)],
}
COMPLETING = {"_PROOFBOX_COMPLETE": "bash_complete", "COMP_WORDS": "proofbox run x --policy b", "COMP_CWORD": "4"}
BARS = {"proofbox --help": 3.0, "proofbox policy lint baseline": 5.0, "proofbox policy lint vn-trusted-ai": 5.0}


def once(name: str, bytecode: str) -> tuple[float, float]:
    """Return processor seconds and wall seconds of one call."""
    environment = {**os.environ, "CI": "true", "PYTHONPYCACHEPREFIX": bytecode}
    environment |= COMPLETING if name.startswith("completing") else {}
    # An installer compiles what it installs; a working copy may not have been, and would be compiled at every start.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    said = subprocess.run(CASES[name], env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if said.returncode != (2 if "NOTHING" in name else 0):
        raise SystemExit(f"{name} ended with {said.returncode}: {said.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def measured(names: Sequence[str] = tuple(CASES), rounds: int = ROUNDS) -> dict[str, tuple[float, float]]:
    """Return command -> least processor and wall seconds: they take turns, and other load only ever adds to them."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory(prefix="proofbox-start-") as bytecode:
        for name in names:
            once(name, bytecode)
        for _ in range(rounds):
            for name in names:
                found[name].append(once(name, bytecode))
    return {name: (min(one[0] for one in times), min(one[1] for one in times)) for name, times in found.items()}


def main() -> None:
    found = measured()
    base, base_wall = found["python -c 'import click'"]
    print("| command | processor time | times | wall, times | bar |")
    print("|---|---|---|---|---|")
    for name, (seconds, wall) in found.items():
        bar = f"{BARS[name]:g}" if name in BARS else ""
        print(f"| `{name}` | {seconds * 1000:.0f} ms | {seconds / base:.2f} | {wall / base_wall:.2f} | {bar} |")


if __name__ == "__main__":
    main()
