"""Tell a model's format by its first bytes and its suffix; nothing is opened beyond the bytes that were hashed."""

from __future__ import annotations

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
    """Return ``onnx``, ``skops``, ``pickle``, ``joblib`` or ``unknown``.

    Parameters
    ----------
    name
        File name; its suffix decides where several formats begin alike.
    head
        The first 512 bytes, fewer if the file is shorter.
    """
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if head.startswith(ZIP):
        return "skops" if suffix == "skops" else "unknown"
    if len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5:
        return "joblib" if suffix == "joblib" else "pickle"
    if len(head) > 2 and head[0] == 0x08 and 1 <= head[1] <= 0x20 and head[2] in ONNX_FIELDS:
        return "onnx"
    if head.startswith(COMPRESSED) and suffix in {*PICKLE_SUFFIXES, "gz", "z", "bz2", "xz", "lzma", "lz4"}:
        return "joblib"
    if suffix in PICKLE_SUFFIXES and head and head[0] in TEXT_PICKLE:
        return "pickle"
    return "unknown"
