"""Let other people's scanners look at submitted files, inside: their parsers see a stranger's bytes, as a model's do.

It is served like a model whose rows are questions, so that nothing but numbers comes back: a row is (scanner, file),
the answer how many issues the scanner found, or one of the negative codes.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .tables import Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FAILED, NOT_ITS_KIND, NOT_INSTALLED, NO_SUCH_FILE = -1.0, -2.0, -3.0, -4.0
HOW_MANY = -1
"""As the number of a scanner: how many files there are."""

BEGINNINGS = (b"\x80", b"PK", b"\x93NUMPY", b"7z\xbc\xaf")
"""Bytes with which a pickle, or what one of these scanners looks into, begins whatever it is called."""

SUFFIXES = frozenset(
    (".pkl", ".pickle", ".joblib", ".dat", ".data", ".npy", ".npz", ".bin", ".pt", ".pth", ".ckpt", ".zip")
)


class Scanners:
    """The scanners that are installed, and the files below the folder that is shown inside, sorted by path."""

    classes: tuple[str, ...] = ()

    def __init__(self, config: Mapping[str, Any]) -> None:
        logging.disable()
        self._root = Path(config["path"])
        found = (Path(folder, name) for folder, _, names in os.walk(self._root) for name in names)
        self._files = sorted(found, key=lambda file: file.relative_to(self._root).as_posix())

    def codes(self, rows: Rows) -> NDArray[np.int64]:
        """Answer nothing: it is asked for values alone."""
        raise NotImplementedError

    def values(self, rows: Rows) -> NDArray[np.float64]:
        """Return shape (n, 1): the number of issues, or a negative code, for each (scanner, file)."""
        import numpy as np

        return np.array([[self._one(int(row[0]), int(row[1]))] for row in rows.matrix()], dtype=np.float64)

    def _one(self, scanner: int, file: int) -> float:
        if scanner == HOW_MANY:
            return float(len(self._files))
        if not 0 <= file < len(self._files):
            return NO_SUCH_FILE
        path = self._files[file]
        with path.open("rb") as opened:
            if path.suffix.lower() not in SUFFIXES and not opened.read(8).startswith(BEGINNINGS):
                return NOT_ITS_KIND
        try:
            return SCANNERS[scanner](str(path))
        except ImportError:
            return NOT_INSTALLED
        except BaseException:  # noqa: BLE001 whatever a scanner raises over a stranger's bytes
            return FAILED


def _picklescan(path: str) -> float:
    from picklescan.scanner import scan_file_path

    found = scan_file_path(path)
    # A scan that broke off says nothing of the rest, unless it had found something before.
    return FAILED if found.scan_err and not found.issues_count else float(found.issues_count)


def _modelaudit(path: str) -> float:
    from modelaudit_picklescan import ScanStatus, scan_file

    report = scan_file(path)
    if report.findings:
        return float(len(report.findings))
    return 0.0 if report.status is ScanStatus.COMPLETE and report.is_clean else FAILED


SCANNERS: tuple[Callable[[str], float], ...] = (_picklescan, _modelaudit)
"""In the order of ``proofbox.sandbox.scanners.SCANNERS``."""
