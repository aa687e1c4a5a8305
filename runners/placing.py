"""Write a file that may be there already: the old one or the new one is there, never half of it."""

from __future__ import annotations

from pathlib import Path

from proofbox.reports.folder import replace_file
from proofbox.runners.errors import UsageError


def place(path: Path, raw: bytes) -> None:
    """Write ``raw`` to ``path`` in one step, and its folder where that is lacking.

    Raises
    ------
    UsageError
        The disk refused; what was there before is there still.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, raw)
    except OSError as err:
        raise UsageError(f"{path}: could not be written ({err.strerror})") from err
