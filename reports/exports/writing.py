"""Write an export so that its file is there whole or not at all; an older one of that name is replaced."""

from __future__ import annotations

from pathlib import Path

from proofbox.reports.errors import ReportsError
from proofbox.reports.folder import replace_file


class ExportWriteError(ReportsError):
    """An export could not be written; nothing of it was left behind, and the assessment is untouched."""


def refuse_odd(path: Path) -> None:
    """Refuse a name that no file can be written to.

    Raises
    ------
    ExportWriteError
        Its folder is not there, or it is a folder, a link, a device or a pipe already.
    """
    if not path.parent.is_dir():
        raise ExportWriteError(f"{path}: got no folder {path.parent}, expected one that exists; make it first")
    # /dev/stdout is a link, and may lead to a regular file: replacing it would take the link away from everybody.
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ExportWriteError(f"{path}: got something that is no regular file, expected the name of a file")


def write_export(path: Path, raw: bytes) -> None:
    """Write bytes to a file in one step.

    Raises
    ------
    ExportWriteError
        It cannot be written there.
    """
    refuse_odd(path)
    try:
        replace_file(path, raw)
    except OSError as err:
        raise ExportWriteError(
            f"{path}: could not be written ({err.strerror or err}); nothing was left behind"
        ) from err
