"""Judge 1,000 stored assessments under a draft policy: python benchmarks/whatif.py BUNDLE [COPIES].

BUNDLE is any evidence bundle, for example one that ``proofbox demo --out DIR`` wrote. It is copied, so that every file
of every copy is read, compared with its manifest and judged. Printed are seconds of processor time and of wall time,
and the share that judging alone takes.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from proofbox.policies.loader import load_policy
from proofbox.reports.bundle import read_bundle
from proofbox.runners.evidence.finding import Shelf
from proofbox.runners.policy_tools.whatif import judged_row, what_if

POLICY = "vn-trusted-ai"


def main() -> None:
    bundle, copies = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    with tempfile.TemporaryDirectory() as folder:
        for number in range(copies):
            shutil.copytree(bundle, Path(folder) / f"{number:05}")
        started, used = time.perf_counter(), time.process_time()
        found = what_if(POLICY, [folder], Shelf(), lambda _whole, _left_out: None)
        wall, processor = time.perf_counter() - started, time.process_time() - used
    assert len(found.rows) == copies
    assert not found.unread
    recorded, policy = read_bundle(bundle).assessment, load_policy(POLICY)
    used = time.process_time()
    for _ in range(copies):
        judged_row("", recorded, policy)
    judging = time.process_time() - used
    size = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file())
    print("| bundles | bytes each | measurements each | processor s | wall s | of it judging, processor s |")
    print("|---|---|---|---|---|---|")
    print(f"| {copies:,} | {size:,} | {len(recorded.measurements)} | {processor:.1f} | {wall:.1f} | {judging:.1f} |")


if __name__ == "__main__":
    main()
