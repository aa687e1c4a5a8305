"""Write a file that may be there already: the old one or the new one is there, never half of it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from proofbox.runners.errors import UsageError


def place(path: Path, raw: bytes) -> None:
    """Write ``raw`` to ``path`` in one step, and its folder where that is lacking.

    Raises
    ------
    UsageError
        The disk refused; what was there before is there still.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(raw)
        os.replace(part, path)  # noqa: PTH105 the word for it
    except OSError as err:
        part.unlink(missing_ok=True)
        raise UsageError(f"{path}: could not be written ({err.strerror})") from err
