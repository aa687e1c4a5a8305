"""A folder that does not outlive the process that made it, however that ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from proofbox.runners.spread.vanishing import vanish, vanishing_folder

MAKES = """\
import time
from proofbox.runners.spread.vanishing import vanishing_folder

folder = vanishing_folder("test")
(folder / "below").mkdir()
(folder / "below/rows.csv").write_text("x")
(folder / "below").chmod(0o500)
print(folder, flush=True)
time.sleep(60)
"""


def test_it_goes_with_a_process_that_is_killed():
    with subprocess.Popen([sys.executable, "-c", MAKES], stdout=subprocess.PIPE, text=True) as made:
        folder = Path(made.stdout.readline().strip())
        assert (folder / "below/rows.csv").exists()
        made.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while folder.exists():
        assert time.monotonic() < deadline, "it is still there"
        time.sleep(0.02)


def test_it_goes_when_it_is_told_to():
    folder = vanishing_folder("test")
    assert folder.stat().st_mode & 0o777 == 0o700
    for _ in range(2):
        vanish(folder)
        assert not folder.exists()
