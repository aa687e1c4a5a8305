"""Look into every file of a submission, through archives and compressed streams, by bytes alone.

Whatever goes wrong while a file is read is a finding of its own, ``cannot-follow``: it is never clean.
"""

from __future__ import annotations

import io
import lzma
import warnings
import zlib
from collections.abc import Callable

from proofbox.checks.artefacts import (
    boosters,
    bytesources,
    hdf5file,
    numpyfile,
    onnxfile,
    tarwalk,
    tensorfiles,
    zipwalk,
)
from proofbox.checks.artefacts.blobs import MOST_IN_MEMORY, Blob, Bytes, Part, part_of, stream_of
from proofbox.checks.artefacts.budget import MOST_DEPTH, Budget
from proofbox.checks.artefacts.files import open_submitted
from proofbox.checks.artefacts.findings import FileReport, Look, Rules, shown
from proofbox.checks.artefacts.mlflowfile import look_at_mlmodel
from proofbox.checks.artefacts.names import suffix_of
from proofbox.checks.artefacts.picklefile import look_at_pickle, look_at_stream
from proofbox.checks.artefacts.sniffing import BASE, HEAD_BYTES, kind_of
from proofbox.checks.artefacts.textfiles import MOST_TEXT_BYTES, look_at_text
from proofbox.checks.artefacts.zipkinds import ZipKind, kind_of_zip
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text, t

BROKEN = (BadDataError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)
TEXTS = frozenset(("json", "yaml", "xml", "template", "text", "source", "script", "notebook"))


def scan(subject: Subject, rules: Rules, paths: tuple[str, ...]) -> tuple[FileReport, ...]:
    """Look into the files of ``paths``, in this order and within one budget for all of them."""
    siblings = frozenset(file.path for file in subject.files)
    budget = Budget()
    reports = []
    with warnings.catch_warnings():
        # Of a stranger's odd escapes the standard library warns in the middle of our output.
        warnings.simplefilter("ignore")
        for path in paths:
            reports.append(_scanned(subject, path, rules, budget, siblings))
    return tuple(reports)


def _scanned(subject: Subject, path: str, rules: Rules, budget: Budget, siblings: frozenset[str]) -> FileReport:
    report = FileReport(path=path)
    declared = subject.model_format if path == subject.model_path else None
    look = Look(report=report, rules=rules, budget=budget, siblings=siblings, declared=declared)
    try:
        file, size = open_submitted(subject.root, path)
        with file:
            look_at(Part(file, 0, size), look)
    except BROKEN as err:
        _broken(look, report.kind, err)
    return report


def look_at(blob: Blob, look: Look) -> None:
    """Look into bytes of any kind; what cannot be followed is noted and not raised."""
    kind = kind_of(blob, look.name, look.declared)
    if not look.members:
        look.report.kind = kind.rstrip("?")
    try:
        if look.depth > MOST_DEPTH:
            raise TooMuchError(t("containers are nested too deeply"))
        _dispatch(blob, kind, look)
        if kind != "zip" and zipwalk.END in blob.at(max(0, blob.size - 66_000), 66_000):
            _polyglot(blob, look)
    except RecursionError:
        _broken(look, kind, TooMuchError(t("it is nested too deeply")))
    except BROKEN as err:
        _broken(look, kind, err)


def _dispatch(blob: Blob, kind: str, look: Look) -> None:
    base = BASE.get(kind, "data")
    if base == "code":
        look.is_code()
    elif base == "unknown":
        look.found(
            "file", "unknown-kind", "unknown", t("no reader here knows this kind of file, so nobody has looked inside")
        )
    elif base == "refused":
        look.found("file", "native-code", "refused", t("it is compiled code, which cannot be looked into"))
    if kind in TEXTS:
        look_at_text(blob, kind, look)
    elif kind in READERS:
        READERS[kind](blob, look)


def _numpy(blob: Blob, look: Look) -> None:
    start, is_pickle = numpyfile.data_start(blob)
    if is_pickle:
        look.is_code()
        look_at_pickle(part_of(blob, start, blob.size - start), look)


def _maybe_pickle(blob: Blob, look: Look) -> None:
    """Look into text that begins like a pickle of an old protocol: it is one if it can be followed to its end."""
    trial = Look(report=FileReport(path=""), rules=look.rules, budget=Budget(opcodes=100_000), siblings=look.siblings)
    try:
        look_at_pickle(blob, trial)
    except BadDataError:
        look_at_text(blob, "text", look)
        return
    if trial.report.imports:
        look.is_code()
        look_at_pickle(blob, look)


def _compressed(blob: Blob, look: Look) -> None:
    """Look into what a compressed stream holds: pickles as they come, other things once they are unpacked in memory."""
    codec_head = blob.at(0, 8)
    try:
        head = bytesources.decompressed(stream_of(blob), codec_head).read(HEAD_BYTES)
    except BROKEN:
        if kind_of(Bytes(b"\n" + blob.at(0, HEAD_BYTES)), look.name) not in TEXTS:
            raise
        look_at_text(blob, "text", look)
        return
    inner = look.inside("(unpacked)")
    most = min(bytesources.most_unpacked(blob.size), max(look.budget.unpacked_bytes, 0))
    stream = bytesources.decompressed(stream_of(blob), codec_head)
    name = look.name.rpartition(".")[0] if look.name.endswith("z") else look.name
    kind = kind_of(Bytes(head), name, look.declared if look.declared in ("pickle", "joblib") else None)
    if kind == "text" and stream.read(MOST_TEXT_BYTES + 1)[MOST_TEXT_BYTES:]:
        return  # a table, as a plain text of this size is
    if kind == "text":
        stream = bytesources.decompressed(stream_of(blob), codec_head)
    if kind == "pickle":
        look.is_code()
        source = _Counted(stream, look.budget)
        look_at_stream(io.BufferedReader(source, 1 << 16), most, inner)
        return
    content = stream.read(min(most, MOST_IN_MEMORY) + 1)
    look.budget.unpack(len(content))
    if len(content) > min(most, MOST_IN_MEMORY):
        raise TooMuchError(
            t("it unpacks to more than the {most} bytes that are read of it", most=min(most, MOST_IN_MEMORY))
        )
    look_at(Bytes(content), inner)


class _Counted(io.RawIOBase):
    """A stream whose bytes count against the budget."""

    def __init__(self, stream: io.BufferedIOBase, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        self._budget.unpack(len(data))
        buffer[: len(data)] = data
        return len(data)


def _tar(blob: Blob, look: Look) -> None:
    for name, content in tarwalk.members_of(blob, look):
        look_at(content, look.inside(str(shown(name))))


def _zip(blob: Blob, look: Look) -> None:
    entries = zipwalk.entries_of(blob, look)
    found = ZipKind.KERAS if suffix_of(look.name) == "keras" else kind_of_zip(entries)
    if "skops" in (look.declared, suffix_of(look.name)) and found is not ZipKind.SKOPS:
        raise BadDataError(t("it has no readable schema.json"))
    if found is ZipKind.TORCH:
        look.is_code()
    if not look.members and found is not ZipKind.PLAIN:
        look.report.kind = found.value
    for entry in entries:
        if entry.is_folder:
            continue
        inner = look.inside(str(shown(entry.name)))
        try:
            found.look_at_entry(entry.name, zipwalk.content_of(blob, entry, look), inner, look_at)
        except BROKEN as err:
            _broken(inner, "zip", err)


def _polyglot(blob: Blob, look: Look) -> None:
    """Look into a zip at the end of something else: readers that go by a file's end would read that."""
    if not zipwalk.is_zip(blob):
        return
    try:
        zipwalk.entries_of(blob, look)
    except BadDataError:
        return  # the four bytes stood there by chance
    said = t("a zip archive stands at its end, so that it is two things at once")
    look.found("zip", "ambiguous-archive", "refused", said)


def _broken(look: Look, kind: str, err: Exception) -> None:
    reason = err.args[0] if isinstance(err, BadDataError) else t("it breaks off or is damaged")
    if isinstance(err, TooMuchError):
        outline = t("the file holds more than is read of a file, so nothing is known of the rest")
    else:
        outline = t("the file is damaged or not what it seems, and was not read to its end")
    said = Text(f"{outline.template}; {reason.template}", {name: shown(value) for name, value in reason.values.items()})
    look.found(kind.rstrip("?"), "cannot-follow", "unreadable", said)


READERS: dict[str, Callable[[Blob, Look], None]] = {
    "pickle": look_at_pickle,
    "pickle?": _maybe_pickle,
    "numpy": _numpy,
    "compressed": _compressed,
    "zip": _zip,
    "tar": _tar,
    "onnx": onnxfile.look_at_onnx,
    "savedmodel": onnxfile.look_at_savedmodel,
    "safetensors": tensorfiles.look_at_safetensors,
    "gguf": tensorfiles.look_at_gguf,
    "hdf5": hdf5file.look_at_hdf5,
    "xgboost": boosters.look_at_xgboost,
    "lightgbm": boosters.look_at_lightgbm,
    "catboost": boosters.look_at_catboost,
    "mlmodel": look_at_mlmodel,
}
"""Kind -> who looks into it."""
