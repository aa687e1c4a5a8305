"""Tell a model's format by its first bytes and its suffix; nothing is opened beyond the bytes that were hashed."""

from __future__ import annotations

from collections.abc import Iterable

HOSTED = ("onnx", "skops", "pickle", "joblib", "xgboost", "lightgbm", "catboost", "mlflow", "python", "http")
"""Formats that this version hosts."""
PICKLED = ("pickle", "joblib")
DECLARED = {
    "sklearn": (*PICKLED, "skops"),
    "xgboost": ("xgboost", *PICKLED),
    "lightgbm": ("lightgbm", *PICKLED),
    "catboost": ("catboost", *PICKLED),
}
"""Declared format -> what may lie there: the wrappers of the tree libraries are pickled as often as saved."""
LIBRARIES = {"xgboost": "xgboost", "lightgbm": "lightgbm", "catboost": "catboost"}
"""Format -> the library that it needs and that is no dependency of the harness; the extra has the same name."""
HEAD_BYTES = 512
PICKLE_SUFFIXES = frozenset({"pkl", "pickle", "joblib", "sav"})
COMPRESSED = (
    b"\x78\x01",
    b"\x78\x5e",
    b"\x78\x9c",
    b"\x78\xda",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"]\x00\x00",
    b"\x04\x22M\x18",
)
"""zlib (four levels), gzip, bzip2, xz, lzma and lz4: what joblib compresses with."""
ZIP = b"PK\x03\x04"
ONNX_FIELDS = frozenset({0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72})
"""Tags of ModelProto that may follow ``ir_version`` (onnx.proto3)."""
TEXT_PICKLE = frozenset(b"(]}cIFVSLNg")
"""First opcodes of pickle protocols 0 and 1."""


def detect_format(name: str, head: bytes) -> str:
    """Return one of :data:`HOSTED` but ``mlflow`` (a folder), or ``unknown``.

    Parameters
    ----------
    name
        File name; its suffix decides where several formats begin alike.
    head
        The first 512 bytes, fewer if the file is shorter.
    """
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    return _data(suffix, head) or _pickled(suffix, head) or ("python" if suffix == "py" else "unknown")


def detect_folder(names: Iterable[str]) -> str:
    """Return ``mlflow``, ``http``, ``python`` or ``unknown`` for a folder with files of these ``names`` at its top."""
    found = frozenset(names)
    if "MLmodel" in found:
        return "mlflow"
    if "http.json" in found:
        return "http"
    return "python" if "predict.py" in found else "unknown"


def agreed(declared: str, detected: str) -> str | None:
    """Return the format to host where one was declared and another seems to lie there; None if they contradict."""
    if declared == "auto" or detected in DECLARED.get(declared, (declared,)):
        return detected
    if detected == "unknown":
        # What cannot be told by its first bytes is what it is said to be: its own library refuses it, if it is not.
        return "unknown" if declared == "sklearn" else declared
    return "http" if declared == "http" else None


def _data(suffix: str, head: bytes) -> str:
    if head.startswith(ZIP):
        return "skops" if suffix == "skops" else "unknown"
    if len(head) > 2 and head[0] == 0x08 and 1 <= head[1] <= 0x20 and head[2] in ONNX_FIELDS:
        return "onnx"
    return _booster(head)


def _pickled(suffix: str, head: bytes) -> str:
    if len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5:
        return "joblib" if suffix == "joblib" else "pickle"
    if head.startswith(COMPRESSED) and suffix in {*PICKLE_SUFFIXES, "gz", "z", "bz2", "xz", "lzma", "lz4"}:
        return "joblib"
    return "pickle" if suffix in PICKLE_SUFFIXES and head and head[0] in TEXT_PICKLE else ""


def _booster(head: bytes) -> str:
    if head.startswith(b"CBM1"):
        return "catboost"
    if head.startswith((b"tree\nversion=", b"tree\r\nversion=")):
        return "lightgbm"
    if head.startswith(b"{L\x00\x00\x00\x00\x00\x00\x00\x07learner"):
        return "xgboost"  # UBJSON: an object whose first key has seven bytes
    if head.startswith(b"{"):
        text = head.lstrip(b"{ \t\r\n")
        if text.startswith(b'"learner"') or (text.startswith(b'"version"') and b'"learner"' in head):
            return "xgboost"
        if text.startswith((b'"features_info"', b'"oblivious_trees"', b'"ctr_data"', b'"model_info"')):
            return "catboost"
    return ""
