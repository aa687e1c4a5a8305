"""A program that writes a bundle and logs it, many times, and is killed each time at another moment; no test itself.

    python killed_writer.py FOLDER COUNT SEED

Forks a child for each bundle, once everything is imported, and ends it with SIGKILL after a random part of the time
that an undisturbed child takes. Prints how each ended as JSON: ``true`` for killed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from proofbox.policies.record_json import from_json
from proofbox.reports import bundle as bundles
from proofbox.reports.bundle import Bundle, write_bundle
from proofbox.reports.mlflow_log import ClientStore
from proofbox.reports.tracking.door import log_assessment

RECORD = Path(__file__).parent / "records" / "model-a.json"
PAGE = "<p>a report is a large file</p>" * 20_000
HARNESS_KILLS_AFTER = 60


def write_and_log(folder: Path, name: str) -> Bundle:
    """Do what a run does when it has measured."""
    bundles.render_html = lambda *given: PAGE
    assessment = from_json(json.loads(RECORD.read_bytes()))
    sources = [("p", name.encode())]
    bundle = write_bundle(folder / name, assessment, policy_sources=sources, submission_yaml=b"x: 1\n")
    log_assessment(assessment, bundle, tracking_uri=f"sqlite:///{folder / 'mlflow.db'}", experiment="killed")
    return bundle


def child(folder: Path, name: str) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            write_and_log(folder, name)
            code = 0
        finally:
            os._exit(code)
    return pid


def main() -> None:
    folder, count, chance = Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    # Imports what a child needs, with another store: a database that is open must not be forked.
    ClientStore(f"sqlite:///{folder / 'warm.db'}").runs_of("0", "")
    signal.alarm(count * HARNESS_KILLS_AFTER)
    started = time.monotonic()
    os.waitpid(child(folder, "undisturbed"), 0)
    whole = time.monotonic() - started
    killed = []
    for number in range(count):
        pid = child(folder, f"bundle-{number}")
        time.sleep(chance.uniform(0, whole))
        os.kill(pid, signal.SIGKILL)
        killed.append(os.WIFSIGNALED(os.waitpid(pid, 0)[1]))
    print(json.dumps(killed))


if __name__ == "__main__":
    main()
