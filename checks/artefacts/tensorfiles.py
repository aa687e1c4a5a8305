"""Read the headers of tensor files: safetensors and GGUF, whose readers trust the lengths that stand there.

Sources of the layouts: huggingface/safetensors ``README.md`` (format); ggml ``docs/gguf.md`` (version 3).
"""

from __future__ import annotations

import math
import struct
from itertools import pairwise
from typing import Any

from proofbox.checks.artefacts.blobs import Blob, exactly, number
from proofbox.checks.artefacts.findings import Look, shown
from proofbox.checks.artefacts.jsontext import parsed
from proofbox.checks.artefacts.textfiles import look_at_template
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

MOST_HEADER_BYTES = 100_000_000
"""The format's own limit."""
MOST_TEXT_BYTES = 50_000_000
_BITS = {
    "BOOL": 8,
    "U8": 8,
    "I8": 8,
    "F8_E5M2": 8,
    "F8_E4M3": 8,
    "F8_E8M0": 8,
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "I16": 16,
    "U16": 16,
    "F16": 16,
    "BF16": 16,
    "I32": 32,
    "U32": 32,
    "F32": 32,
    "I64": 64,
    "U64": 64,
    "F64": 64,
    "C64": 64,
}


def looks_like_safetensors(blob: Blob) -> bool:
    """Return whether a length and the beginning of a JSON object stand first."""
    head = blob.at(0, 9)
    return len(head) == 9 and head[8:9] == b"{" and head[5:8] == b"\0\0\0"


def look_at_safetensors(blob: Blob, look: Look) -> None:
    """Note tensors that lie outside of the file or upon each other.

    Raises
    ------
    BadDataError
        The header is longer than the file or than is read, or is no JSON.
    """
    length = number(blob, 0, "Q")
    if length > MOST_HEADER_BYTES or length + 8 > blob.size:
        raise BadDataError(
            t("its header says that it has {size} bytes; the file has {file_size}", size=length, file_size=blob.size)
        )
    header = parsed(exactly(blob, 8, length), look.budget)
    if not isinstance(header, dict):
        raise BadDataError(t("its header is no JSON object"))
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise BadDataError(t("its metadata are no texts"))
    spans = sorted(_span(name, tensor, look) for name, tensor in header.items())
    room = blob.size - 8 - length
    if any(end > room for _, end in spans):
        _says(look, "safetensors", "tensor-outside")
    if any(before[1] > after[0] for before, after in pairwise(spans)):
        said = t("tensors lie upon each other, which no honest writer does")
        look.found("safetensors", "tensors-overlap", "refused", said)
    if sum(end - start for start, end in spans) < room and not look.report.counted:
        said = t("{count} bytes belong to no tensor", count=room - sum(end - start for start, end in spans))
        look.found("safetensors", "hidden-bytes", "refused", said)


def _span(name: str, tensor: Any, look: Look) -> tuple[int, int]:  # noqa: ANN401 parsed JSON
    look.budget.item()
    try:
        bits, shape, (start, end) = _BITS[tensor["dtype"]], tensor["shape"], tensor["data_offsets"]
    except (KeyError, TypeError, ValueError) as err:
        raise BadDataError(t("the tensor {name} is not described as the format asks", name=shown(name, 60))) from err
    if not all(type(length) is int and length >= 0 for length in (*shape, start, end)) or end < start:
        raise BadDataError(t("the tensor {name} has a shape or place that no tensor has", name=shown(name, 60)))
    if math.prod(shape) * bits != (end - start) * 8:
        raise BadDataError(
            t("the tensor {name} has another number of bytes than its shape asks for", name=shown(name, 60))
        )
    return start, end


_FIXED = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d"}
_TEXT, _ARRAY = 8, 9


def look_at_gguf(blob: Blob, look: Look) -> None:
    """Note templates that reach for more than a conversation, and tensors outside of the file.

    Raises
    ------
    BadDataError
        It breaks off, or something is longer or more than is read.
    """
    version, tensors, pairs = struct.unpack("<IQQ", exactly(blob, 4, 20))
    if version not in (2, 3):
        raise BadDataError(t("it is of version {version}, and 2 and 3 are read", version=version))
    look.budget.item(tensors + pairs)
    place, alignment = 24, 32
    for _ in range(pairs):
        key, place = _text(blob, place)
        value, place = _value(blob, place + 4, number(blob, place, "I"), look)
        if key == "general.alignment" and isinstance(value, int):
            alignment = value
        if key.startswith("tokenizer.chat_template") and isinstance(value, str):
            look_at_template(value, look.inside(str(shown(key))))
    place, last = _tensor_infos(blob, place, tensors)
    if not 0 < alignment <= 1 << 20:
        raise BadDataError(t("its alignment is none"))
    if tensors and -(-place // alignment) * alignment + last > blob.size:
        _says(look, "gguf", "tensor-outside")


def _tensor_infos(blob: Blob, place: int, tensors: int) -> tuple[int, int]:
    last = 0
    for _ in range(tensors):
        _, place = _text(blob, place)
        axes = number(blob, place, "I")
        if axes > 8:
            raise BadDataError(t("a tensor has {count} axes", count=axes))
        last = max(last, number(blob, place + 4 + 8 * axes + 4, "Q"))
        place += 4 + 8 * axes + 12
    return place, last


def _value(blob: Blob, place: int, kind: int, look: Look, depth: int = 0) -> tuple[object, int]:
    if kind in _FIXED:
        form = struct.Struct(f"<{_FIXED[kind]}")
        return form.unpack(exactly(blob, place, form.size))[0], place + form.size
    if kind == _TEXT:
        return _text(blob, place)
    if kind != _ARRAY or depth > 4:
        raise TooMuchError(t("a value is of a kind that is not known, or nested too deeply"))
    inner, count = number(blob, place, "I"), number(blob, place + 4, "Q")
    place += 12
    if inner in _FIXED:
        place += struct.calcsize(_FIXED[inner]) * count
        if place > blob.size:
            raise BadDataError(t("an array breaks off"))
        return None, place
    look.budget.item(count)
    for _ in range(count):
        _, place = _value(blob, place, inner, look, depth + 1)
    return None, place


def _text(blob: Blob, place: int) -> tuple[str, int]:
    length = number(blob, place, "Q")
    if length > MOST_TEXT_BYTES:
        raise TooMuchError(
            t(
                "a text says that it has {size} bytes, more than the {most} that are read",
                size=length,
                most=MOST_TEXT_BYTES,
            )
        )
    return exactly(blob, place + 8, length).decode("utf-8", "replace"), place + 8 + length


def _says(look: Look, family: str, kind: str) -> None:
    look.found(
        family, kind, "refused", t("a tensor is said to lie outside of the file; a trusting reader reads past its end")
    )
