"""What a record says of the program and the machine that made it."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TypedDict

PACKAGES = ("proofbox", "numpy", "pyarrow", "pydantic", "scikit-learn", "onnxruntime", "skops")
"""Distributions whose versions are recorded with every run."""


class HostRecord(TypedDict):
    """What a record says of the program and the machine that made it."""

    version: str
    packages: Mapping[str, str]
    platform: str


@cache
def host_record() -> HostRecord:
    """Return the versions and the platform of this process."""
    return {
        "version": _version("proofbox"),
        "packages": {name: _version(name) for name in PACKAGES},
        "platform": f"{platform.system()} {platform.machine()}, Python {sys.version.split()[0]}",
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
