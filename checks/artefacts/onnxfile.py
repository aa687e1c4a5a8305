"""Look into an ONNX model: files that it reads, operators from outside, and loops that never end.

Field numbers: ``onnx.proto`` (IR version 13). A TensorFlow SavedModel is looked into here as well, for operators that
read and write files (``tensorflow/core/framework/node_def.proto``).
"""

from __future__ import annotations

import re
import struct

from proofbox.checks.artefacts.blobs import Blob
from proofbox.checks.artefacts.findings import Look, shown
from proofbox.checks.artefacts.names import beside, is_address, leaves
from proofbox.checks.artefacts.protobuf import Message
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

MOST_DEPTH = 16
"""Graphs within graphs."""

MOST_ROUNDS = 100_000_000
"""A loop that says it goes on longer is an endless one."""

BUILT_IN = frozenset(
    (
        "",
        "ai.onnx",
        "ai.onnx.ml",
        "ai.onnx.training",
        "ai.onnx.preview.training",
        "com.microsoft",
        "com.microsoft.nchwc",
        "com.microsoft.experimental",
        "com.ms.internal.nhwc",
    )
)
"""Domains whose operators stand in the runtime itself."""

OPAQUE = frozenset(("EPContext",))
"""Operators that hand a file or opaque bytes to the loader of a device."""

RUNS_PYTHON = frozenset(("PyOp", "PythonOp", "PythonOpGrad", "ATen"))
FIELDS = frozenset((0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72))
"""Tags of ModelProto that may follow ``ir_version``."""

_FILE_OPERATORS = (
    *("ReadFile", "WriteFile", "MatchingFiles", "MergeV2Checkpoints", "Save", "SaveV2", "ShardedFilename"),
    *("PyFunc", "PyFuncStateless", "EagerPyFunc", "PrintV2", "LookupTableImportV2", "LoadAndRemapMatrix"),
)
# Keras keeps the description of its layers beside a SavedModel, as JSON in a message.
_CODE_LAYER = re.compile(rb'"class_name"\s*:\s*"(Lambda|TFSMLayer|TorchModuleWrapper)"')
_HARMLESS_IN_EVERY_MODEL = frozenset(("MergeV2Checkpoints", "Save", "SaveV2", "ShardedFilename"))


def looks_like_onnx(head: bytes) -> bool:
    """Return whether bytes begin with an ``ir_version`` and a field of ModelProto."""
    return len(head) > 2 and head[0] == 0x08 and 1 <= head[1] <= 0x20 and head[2] in FIELDS


def look_at_onnx(blob: Blob, look: Look) -> None:
    """Note what a model asks for beyond its own bytes and the runtime's operators.

    Raises
    ------
    BadDataError
        It breaks off, is nested too deeply, or has more fields than are looked at.
    """
    model = Message(blob, look.budget)
    graphs = list(model.messages(7))
    if not graphs and not list(model.messages(25)):
        raise BadDataError(t("it has no graph"))
    functions = list(model.messages(25))
    defined = {(function.text(10), function.text(1)) for function in functions}
    for graph in (
        *graphs,
        *(part for training in model.messages(20) for part in (*training.messages(1), *training.messages(2))),
    ):
        _graph(graph, defined, look, 0)
    for function in functions:
        for node in function.messages(7):
            _node(node, {}, defined, look, 0)


def _graph(graph: Message, defined: set[tuple[str, str]], look: Look, depth: int) -> None:
    if depth > MOST_DEPTH:
        raise TooMuchError(t("its graphs are nested too deeply"))
    constants: dict[str, int] = {}
    for tensor in graph.messages(5):
        _tensor(tensor, look)
        _note_constant(constants, tensor.text(8), tensor)
    for sparse in graph.messages(15):
        for field in (1, 2):
            for tensor in sparse.messages(field):
                _tensor(tensor, look)
    for node in graph.messages(1):
        _node(node, constants, defined, look, depth)


def _node(node: Message, constants: dict[str, int], defined: set[tuple[str, str]], look: Look, depth: int) -> None:
    operator, domain = node.text(4), node.text(7)
    if domain not in BUILT_IN and (domain, operator) not in defined:
        said = t(
            "the model asks for the operator {operator} of {domain}, whose code would have to come from elsewhere",
            operator=shown(operator, 60),
            domain=shown(domain, 60),
        )
        look.found("onnx", "foreign-operator", "refused", said, node.text(3))
    elif operator in RUNS_PYTHON and domain:
        said = t("the operator {operator} runs Python code by its name", operator=operator)
        look.found("onnx", "foreign-operator", "refused", said, node.text(3))
    elif operator in OPAQUE and domain:
        said = t("the operator {operator} hands a file or opaque bytes to the loader of a device", operator=operator)
        look.found("onnx", "foreign-operator", "refused", said, node.text(3))
    bodies = []
    for attribute in node.messages(5):
        for field, part in attribute.parts(frozenset((5, 6, 10, 11, 22, 23))):
            if field in (22, 23):
                for inner in (1, 2):
                    for tensor in part.messages(inner):
                        _tensor(tensor, look)
                continue
            if field in (6, 11):
                bodies.append(part)
                _graph(part, defined, look, depth + 1)
                continue
            _tensor(part, look)
            if operator == "Constant":
                _note_constant(constants, (node.texts(2) or [""])[0], part)
    if operator == "Loop" and bodies and _is_endless(node, bodies[0], constants):
        look.found("onnx", "endless-loop", "refused", t("a loop in the graph never ends"), node.text(3))


def _is_endless(node: Message, body: Message, constants: dict[str, int]) -> bool:
    """Return whether nothing in a Loop can end it: no number of rounds, and a condition that its body never changes."""
    inputs = node.texts(1)
    if inputs and inputs[0]:
        return constants.get(inputs[0], 0) > MOST_ROUNDS
    given, made = [value.text(1) for value in body.messages(11)], [value.text(1) for value in body.messages(12)]
    if len(given) < 2 or not made:
        return True
    makers: dict[str, tuple[str, list[str]]] = {}
    for inner in body.messages(1):
        for name in inner.texts(2):
            makers[name] = inner.text(4), inner.texts(1)
    condition, steps = made[0], 0
    while (
        condition in makers and makers[condition][0] in ("Identity", "Cast") and makers[condition][1] and steps < 1000
    ):
        condition, steps = makers[condition][1][0], steps + 1
    initializers = {tensor.text(8) for tensor in body.messages(5)}
    return condition == given[1] or condition in initializers or makers.get(condition, ("", []))[0] == "Constant"


def _note_constant(constants: dict[str, int], name: str, tensor: Message) -> None:
    """Keep a constant of a single whole number: it may be how often a loop goes round."""
    if tensor.whole(2) != 7 or tensor.size > 4096:
        return
    raw = tensor.content(9)
    if len(raw) == 8:
        constants[name] = struct.unpack("<q", raw)[0]
    elif (value := tensor.whole(7)) is not None:
        constants[name] = value


def _tensor(tensor: Message, look: Look) -> None:
    for pair in tensor.messages(13):
        if pair.text(1) != "location":
            continue
        location = pair.text(2)
        name = shown(location, 120)
        if leaves(location) or is_address(location):
            said = t("the model reads its weights from {location}, which lies outside of its folder", location=name)
            look.found("onnx", "path-outside", "refused", said, tensor.text(8))
        elif beside(look.report.path, location) not in look.siblings:
            said = t("the model reads its weights from {location}, which was not submitted", location=name)
            look.found("onnx", "missing-part", "unreadable", said, tensor.text(8))


def look_at_savedmodel(blob: Blob, look: Look) -> None:
    """Note operators that read or write files, or that call Python; raises as :func:`look_at_onnx`."""
    place, step, keep = 0, 1 << 24, 64
    seen: set[str] = set()
    look.budget.unpack(blob.size)
    while place < blob.size:
        content = blob.at(place, step + keep)
        for operator in _FILE_OPERATORS:
            # Field 2 of NodeDef is the operator: tag, length, name.
            if operator not in _HARMLESS_IN_EVERY_MODEL and bytes((0x12, len(operator))) + operator.encode() in content:
                seen.add(operator)
        if (match := _CODE_LAYER.search(content)) is not None:
            seen.add(match[1].decode())
        place += step
    for operator in sorted(seen):
        said = t(
            "the graph's operator {operator} reads or writes files, or calls code outside of it", operator=operator
        )
        look.found("tensorflow", "foreign-operator", "refused", said)
