"""A folder that is removed when the process that made it has gone, however it went: killed, say, with its cluster.

What a node is sent of a submission is to lie there no longer than it is worked with, and who ends an actor asks nobody.
So a small program, run from this file, does nothing but read a pipe whose other end that process alone holds, and
removes the folder when it closes. It leaves its parent at once: Ray ends the children of an actor with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_held: dict[Path, int] = {}
"""Folder -> end of a pipe, which closes with this process."""


def vanishing_folder(kind: str) -> Path:
    """Make a folder of mode 0700 for temporary files, which is removed once this process has ended.

    Parameters
    ----------
    kind
        A word for its name.

    Raises
    ------
    OSError
        It cannot be made, or nobody could be started who removes it.
    """
    from proofbox.sandbox.scratch import remove, scratch_folder

    folder = scratch_folder(kind)
    reading, held = os.pipe2(os.O_CLOEXEC)
    try:
        subprocess.run(  # noqa: S603 no shell; this very file
            [sys.executable, "-I", "-S", "-B", __file__, str(folder)],
            env={},
            stdin=reading,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            check=False,
        )
    except OSError:
        os.close(held)
        remove(folder)
        raise
    finally:
        os.close(reading)
    _held[folder] = held
    return folder


def vanish(folder: Path) -> None:
    """Remove a folder that was made so, with all that is in it; may be called again."""
    from proofbox.sandbox.scratch import remove

    remove(folder)
    if (held := _held.pop(folder, None)) is not None:
        os.close(held)


def _main(folder: str) -> None:
    """Wait for the end of the process that made ``folder``, then remove it; the standard library alone is here."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.read(0, 1)
    for path, _, _ in os.walk(folder):
        os.chmod(path, 0o700)  # noqa: PTH101 what arrived may be read-only
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _main(sys.argv[1])
