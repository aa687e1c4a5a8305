"""One artefact of the corpus, and the small pieces from which pickles are written by hand."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from dataclasses import dataclass

RAN = "PROOFBOX_CORPUS_RAN"
"""Name under which a payload counts, in the process that runs it, that it was run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One submission's model: its files, and how its loader would read it."""

    name: str
    family: str
    """``pickle``, ``container``, ``skops``, ``onnx`` and so on."""
    files: dict[str, bytes]
    model: str = "model/model.pkl"
    declared: str | None = None
    """The format that the submission declares; None for what the bytes say."""
    loader: str = ""
    """Who would run it: ``pickle``, ``joblib``, ``numpy``; empty where no loader of this environment does."""
    ends_process: bool = False
    """Whether running it ends the process that does."""


def payload(canary: str) -> str:
    """Return Python that counts that it was run, and then tries to write the canary; nothing else, ever."""
    return f"import builtins; builtins.{RAN} = getattr(builtins, {RAN!r}, 0) + 1; open({canary!r}, 'w').write('x')"


def text(value: str) -> bytes:
    """Return the opcode that pushes a text."""
    encoded = value.encode()
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def calling(module: str, name: str, *arguments: bytes, protocol: int = 2) -> bytes:
    """Return a pickle that calls ``module.name`` with arguments given as opcodes."""
    return b"\x80" + bytes([protocol]) + called(module, name, *arguments) + b"."


def called(module: str, name: str, *arguments: bytes) -> bytes:
    """Return the opcodes of one call."""
    return f"c{module}\n{name}\n".encode() + b"(" + b"".join(arguments) + b"tR"


def executing(canary: str) -> bytes:
    """Return a pickle that runs the payload by ``exec``."""
    return calling("builtins", "exec", text(payload(canary)))


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of these entries."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return into.getvalue()


def torch_archive(data: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip laid out as ``torch.save`` does."""
    entries = {
        "archive/data.pkl": data,
        "archive/byteorder": b"little",
        "archive/data/0": bytes(16),
        "archive/version": b"3\n",
    }
    return zipped(entries, method)


def plain(value: object, protocol: int = 2) -> bytes:
    """Return an honest pickle."""
    return pickle.dumps(value, protocol)
