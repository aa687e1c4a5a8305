"""Tell what bytes are by themselves; a name decides only where several kinds begin alike."""

from __future__ import annotations

import re

from proofbox.checks.artefacts import boosters, hdf5file, numpyfile, onnxfile, tarwalk, tensorfiles, zipwalk
from proofbox.checks.artefacts.blobs import Blob
from proofbox.checks.artefacts.bytesources import COMPRESSED
from proofbox.checks.artefacts.findings import Outcome
from proofbox.checks.artefacts.names import suffix_of
from proofbox.checks.artefacts.textfiles import SCRIPTS

HEAD_BYTES = 1024
PICKLE_SUFFIXES = frozenset(("pkl", "pickle", "joblib", "sav", "dill", "p"))

BASE: dict[str, Outcome] = {
    **dict.fromkeys(("pickle", "torch", "source", "script", "notebook"), "code"),
    "native": "refused",
    "unknown": "unknown",
}
"""What a file of a kind is where nothing is found in it; a kind that does not stand here is data alone."""

_NATIVE = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\0asm",
    b"dex\n",
)
_DATA = (b"PAR1", b"ARROW1", b"Obj\x01", b"ORC", b"FEA1", b"SQLite format 3\0")
_DOCUMENTS = (b"%PDF-", b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"wOFF", b"wOF2", b"\0\x01\0\0")
_BY_SUFFIX = {
    **dict.fromkeys(("json", "jsonld", "webmanifest"), "json"),
    **dict.fromkeys(("yaml", "yml"), "yaml"),
    **dict.fromkeys(("xml", "pmml", "svg", "html", "htm", "xhtml"), "xml"),
    **dict.fromkeys(("py", "pyw", "pyi", "pyx"), "source"),
    **dict.fromkeys(("jinja", "jinja2", "j2"), "template"),
    **dict.fromkeys(SCRIPTS, "script"),
    "ipynb": "notebook",
}
_TEXT_PICKLE = re.compile(rb"[(\]}cIFVSLNgip]")
_TEXT_IMPORT = re.compile(rb"[^\x80]{0,200}?(?:c|\(i)[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n", re.DOTALL)
_PYC = re.compile(rb"..\r\n[\x00-\x03]\0\0\0", re.DOTALL)


def kind_of(blob: Blob, name: str, declared: str | None = None) -> str:
    """Return the kind of some bytes.

    Parameters
    ----------
    name
        What they are called; only its last part counts.
    declared
        The format that the submission declares for them, if any: bytes that a pickle loader would take count as a
        pickle whatever they are declared as, and what is declared as a pickle is read as one.
    """
    head = blob.at(0, HEAD_BYTES)
    base, suffix = name.rpartition("/")[2], suffix_of(name)
    if not head:
        return "pickle" if declared in ("pickle", "joblib") else "text"
    if found := _by_magic(blob, head):
        return found
    if declared in ("pickle", "joblib") or suffix in PICKLE_SUFFIXES:
        return "pickle"
    if base == "MLmodel":
        return "mlmodel"
    if found := _by_form(blob, head, suffix, declared):
        return found
    return _text_kind(head, suffix)


def _by_magic(blob: Blob, head: bytes) -> str:
    """Return the kind where the first bytes leave no doubt; empty otherwise."""
    if head[0] == 0x80 and len(head) > 1 and head[1] <= 5:
        return "pickle"
    for kind, fits in (
        ("zip", head.startswith((zipwalk.LOCAL, zipwalk.END))),
        ("numpy", head.startswith(numpyfile.MAGIC)),
        ("gguf", head.startswith(b"GGUF")),
        ("catboost", head.startswith(boosters.CATBOOST_MAGIC)),
        ("native", head.startswith(_NATIVE) or (head.startswith(b"MZ") and b"\0" in head) or bool(_PYC.match(head))),
        ("data", head.startswith(_DATA)),
        ("document", head.startswith(_DOCUMENTS)),
        ("hdf5", hdf5file.is_hdf5(blob)),
        ("tar", tarwalk.is_tar(head)),
        ("compressed", is_compressed(head)),
    ):
        if fits:
            return kind
    return ""


def is_compressed(head: bytes) -> bool:
    """Return whether bytes begin as one of the streams that joblib's loader unpacks."""
    if head[:1] == b"\x78":
        return len(head) > 1 and int.from_bytes(head[:2], "big") % 31 == 0
    return head.startswith(COMPRESSED) and (head[:2] != b"]\0" or len(head) > 13)


def _by_form(blob: Blob, head: bytes, suffix: str, declared: str | None) -> str:
    """Return the kind where the first bytes have the form of one; empty otherwise."""
    if tensorfiles.looks_like_safetensors(blob) or suffix == "safetensors" or declared == "safetensors":
        return "safetensors"
    if boosters.looks_like_lightgbm(head) or declared == "lightgbm":
        return "lightgbm"
    if boosters.looks_like_xgboost(head) or declared == "xgboost" or suffix == "ubj":
        return "xgboost"
    if suffix == "pb":
        return "savedmodel"
    if suffix == "onnx" or declared == "onnx" or (onnxfile.looks_like_onnx(head) and not is_text(head)):
        return "onnx"
    return ""


def _text_kind(head: bytes, suffix: str) -> str:
    if not is_text(head):
        return "unknown"
    if suffix not in ("csv", "tsv", "md", "json") and _TEXT_IMPORT.match(head) and _TEXT_PICKLE.match(head):
        return "pickle?"
    if head.startswith(b"#!"):
        return "script"
    return _BY_SUFFIX.get(suffix, "text")


def is_text(head: bytes) -> bool:
    """Return whether the first bytes of a file are text in UTF-8, or in UTF-16 with a mark."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as err:
        # The last character may be cut; single bytes of older encodings are text as well, if most others are ASCII.
        return err.start >= len(head) - 3 or sum(byte > 126 for byte in head) * 5 < len(head)
    return True
