"""How long a command takes before it does anything, against ``python -c "import click"``: processor time, one run.

    .venv/bin/python benchmarks/start_up.py

The bars: ``proofbox --help`` within 3 times, ``proofbox policy lint baseline`` within 5 times.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 5
COMMAND = Path(sys.executable).with_name("proofbox")
CASES = {
    "python -c 'import click'": [sys.executable, "-c", "import click"],
    "proofbox --help": [str(COMMAND), "--help"],
    "proofbox policy lint baseline": [str(COMMAND), "policy", "lint", "baseline"],
    "proofbox checks list": [str(COMMAND), "checks", "list"],
    "completing 'proofbox run x --policy b'": [str(COMMAND)],
}
COMPLETING = {"_PROOFBOX_COMPLETE": "bash_complete", "COMP_WORDS": "proofbox run x --policy b", "COMP_CWORD": "4"}
BYTECODE = Path(tempfile.mkdtemp(prefix="proofbox-start-"))
BARS = {"proofbox --help": 3.0, "proofbox policy lint baseline": 5.0}


def once(name: str) -> tuple[float, float]:
    """Return processor seconds and wall seconds of one call."""
    environment = {**os.environ, "CI": "true", "PYTHONPYCACHEPREFIX": str(BYTECODE)}
    environment |= COMPLETING if name.startswith("completing") else {}
    # An installer compiles what it installs; a working copy may not have been, and would be compiled at every start.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(CASES[name], env=environment, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def measured(rounds: int = ROUNDS) -> dict[str, tuple[float, float]]:
    """Return command -> median processor and wall seconds; the commands take turns."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in CASES}
    for name in CASES:
        once(name)
    for _ in range(rounds):
        for name in CASES:
            found[name].append(once(name))
    return {
        name: (statistics.median(one[0] for one in times), statistics.median(one[1] for one in times))
        for name, times in found.items()
    }


def main() -> None:
    try:
        found = measured()
    finally:
        shutil.rmtree(BYTECODE)
    base, base_wall = found["python -c 'import click'"]
    print("| command | processor time | times | wall, times | bar |")
    print("|---|---|---|---|---|")
    for name, (seconds, wall) in found.items():
        bar = f"{BARS[name]:g}" if name in BARS else ""
        print(f"| `{name}` | {seconds * 1000:.0f} ms | {seconds / base:.2f} | {wall / base_wall:.2f} | {bar} |")


if __name__ == "__main__":
    main()
