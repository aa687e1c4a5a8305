"""Names of files as submitted files write them."""

from __future__ import annotations

import posixpath
import re

_DRIVE = re.compile(r"^[A-Za-z]:")
_ADDRESS = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")


def leaves(name: str) -> bool:
    """Return whether a path leaves the folder that it is relative to."""
    plain = name.replace("\\", "/")
    parts = plain.split("/")
    return plain.startswith(("/", "~")) or ".." in parts or "\0" in name or bool(_DRIVE.match(name))


def is_address(name: str) -> bool:
    """Return whether something is an address of a network or of a file system, as in ``https://``."""
    return bool(_ADDRESS.match(name))


def beside(path: str, name: str) -> str:
    """Return the path of ``name``, which is relative to the folder of ``path``."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), name))


def suffix_of(path: str) -> str:
    """Return the lower-case suffix without its dot; empty where there is none."""
    return path.rpartition("/")[2].rpartition(".")[2].lower() if "." in path.rpartition("/")[2] else ""
