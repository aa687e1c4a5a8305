"""What each file of a model is, by its bytes, and what it would import when loaded."""

from __future__ import annotations

import lzma
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from proofbox.checks.artefacts.bytesources import COMPRESSED, byte_source
from proofbox.checks.artefacts.files import open_submitted
from proofbox.checks.artefacts.picklevalues import Global
from proofbox.checks.artefacts.picklewalk import imported_globals
from proofbox.checks.artefacts.skopsfile import skops_globals
from proofbox.checks.errors import BadDataError
from proofbox.checks.subject import Subject

DATA_ONLY = frozenset({"onnx", "skops", "xgboost", "lightgbm", "safetensors", "data"})
"""Formats which say what a model is and not how to run code; their readers may still have faults of their own."""

MOST_GLOBALS = 10_000

_DATA_SUFFIXES = frozenset(
    (
        *("json", "yaml", "yml", "txt", "csv", "tsv", "parquet", "arrow", "md", "ubj", "onnx", "safetensors"),
        *("npy", "toml", "xml"),
    )
)
_PICKLE_SUFFIXES = frozenset(("pkl", "pickle", "joblib", "sav"))
_SOURCE_SUFFIXES = frozenset(("py", "pyc", "pyd", "so", "dll", "dylib", "sh", "ipynb", "jar", "class", "exe"))
_TEXT_PICKLE = re.compile(rb"[(\]}cIFVSLNgip]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedFile:
    """One file of the model."""

    path: str
    kind: str
    """``pickle``, ``skops``, ``onnx``, ``source``, ``data`` and so on."""
    imports: tuple[Global, ...]
    """What it would import, each once, in order."""
    problem: str | None
    """Why it could not be followed to its end; such a file is never clean."""

    @property
    def carries_code(self) -> bool:
        """Whether files of this kind can run code when they are loaded."""
        return self.kind not in DATA_ONLY


def scan_model(subject: Subject) -> tuple[ScannedFile, ...]:
    """Look at every file of the model; a model in a folder has several."""
    path = subject.model_path
    below = [file.path for file in subject.files if file.path == path or file.path.startswith(f"{path}/")]
    return tuple(_scan(subject, name, single=name == path) for name in below)


def _scan(subject: Subject, path: str, *, single: bool) -> ScannedFile:
    kind, problem = "unknown", None
    imports: dict[Global, None] = {}
    try:
        file, size = open_submitted(subject.root, path)
        with file:
            head = file.read(16)
            file.seek(0)
            kind = _kind(path, head, subject.model_format if single else None)
            if kind == "pickle":
                _collect(imports, imported_globals(byte_source(file, size)))
            elif kind == "skops":
                _collect(imports, skops_globals(file, size))
            elif kind in ("source", "unknown", "zip"):
                problem = f"a file of kind '{kind}' is not looked into"
    except (BadDataError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError) as err:
        problem = str(err)
    return ScannedFile(path=path, kind=kind, imports=tuple(imports), problem=problem)


def _collect(imports: dict[Global, None], found: Iterator[Global]) -> None:
    """Keep what was found even where the walk breaks off later."""
    for one in found:
        imports[one] = None
        if len(imports) > MOST_GLOBALS:
            raise BadDataError(f"it imports more than {MOST_GLOBALS} names")


def _kind(path: str, head: bytes, declared: str | None) -> str:
    """Return what a file is; bytes that a pickle loader would take count as a pickle whatever they are declared as."""
    suffix = path.rpartition("/")[2].rpartition(".")[2].lower()
    if declared in ("pickle", "joblib") or _is_pickle(head, suffix, declared):
        return "pickle"
    if head.startswith(b"PK\x03\x04"):
        return "skops" if "skops" in (declared, suffix) else "zip"
    if suffix in _SOURCE_SUFFIXES or declared == "python":
        return "source"
    if declared in DATA_ONLY:
        return str(declared)
    return "data" if declared is None and suffix in _DATA_SUFFIXES else "unknown"


def _is_pickle(head: bytes, suffix: str, declared: str | None) -> bool:
    if len(head) > 1 and head[0] == 0x80 and head[1] <= 5:
        return True
    if head.startswith(COMPRESSED):
        return declared is None and suffix not in _DATA_SUFFIXES
    return suffix in _PICKLE_SUFFIXES and _TEXT_PICKLE.match(head) is not None
