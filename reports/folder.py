"""Write a folder so that it is there whole or not at all, whatever happens in between."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from proofbox.reports.errors import BundleExistsError, BundleWriteError


def refuse_filled(out: Path) -> None:
    """Refuse a target that holds something.

    Raises
    ------
    BundleExistsError
        It is a file, a link, or a folder that is not empty.
    """
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise BundleExistsError(
            f"{out}: exists already, expected a new name or an empty folder; evidence is never overwritten, "
            "so choose another folder or move this one away"
        )


def write_folder(out: Path, files: Mapping[str, bytes]) -> None:
    """Write ``files`` (path below the folder -> bytes) to ``out`` in one step.

    They are written and synced in a sibling folder with a hidden name, which is then renamed: a program that is killed
    in between leaves no folder of the wanted name.

    Raises
    ------
    BundleExistsError
        ``out`` is there and not empty.
    BundleWriteError
        The disk refused; the sibling folder was removed again.
    """
    refuse_filled(out)
    part = out.parent / f".{out.name}.partial-{secrets.token_hex(8)}"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir()
        for path, raw in files.items():
            write_new(part / path, raw)
        for folder in sorted({(part / path).parent for path in files} | {part}):
            sync_folder(folder)
        # rename(2) replaces an empty folder and refuses a filled one, so that a race cannot overwrite evidence.
        part.rename(out)
        sync_folder(out.parent)
    except OSError as err:
        shutil.rmtree(part, ignore_errors=True)
        refuse_filled(out)
        raise BundleWriteError(f"{out}: could not be written ({err.strerror or err}); nothing was left behind") from err
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def replace_file(path: Path, raw: bytes) -> None:
    """Put one file into a folder that is there, in one step.

    Raises
    ------
    OSError
        The disk refused; nothing is left behind.
    """
    part = path.with_name(f".{path.name}.partial-{secrets.token_hex(8)}")
    try:
        write_new(part, raw)
        part.replace(path)
        sync_folder(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_new(path: Path, raw: bytes) -> None:
    """Write a file that is not there yet, and its folder, to the disk itself.

    Raises
    ------
    OSError
        It is there, or the disk refused.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk itself."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
