"""Look into the description of a Keras model: layers that hold Python code, and classes that are not Keras's own.

Source of the form: ``keras/src/saving/serialization_lib.py`` (Keras 3), ``keras.saving.legacy`` (HDF5).
"""

from __future__ import annotations

import re
from typing import Any

from proofbox.checks.artefacts.findings import Look, shown
from proofbox.checks.artefacts.jsontext import nodes
from proofbox.checks.text import t

_OWN = re.compile(
    r"(?:tensorflow\.|tf_)?(?:keras|python\.keras)(?:\.src|\.api|\.engine)*"
    r"(?:\.(?:layers|models|engine|initializers|regularizers|constraints|losses|metrics|optimizers|activations|ops"
    r"|random|dtype_policies|mixed_precision|quantizers|callbacks|trainers|saving|backend)(?:\.[a-z_0-9]+)*)?"
)
"""Modules of Keras whose classes a description may name; ``keras.utils`` fetches files and is none of them."""

_HOLDS_CODE = frozenset(("Lambda", "TorchModuleWrapper", "TFSMLayer", "__lambda__", "JaxLayer", "FlaxLayer"))
_READS_FILES = frozenset(("StringLookup", "IntegerLookup", "TextVectorization"))


def look_at_layers(value: Any, look: Look) -> None:  # noqa: ANN401 parsed JSON
    """Note what in a model's description would run, or would be imported from elsewhere."""
    for path, node in nodes(value, look.budget):
        name, module = node.get("class_name"), node.get("module")
        if not isinstance(name, str):
            continue
        if name in _HOLDS_CODE:
            said = t("the layer {layer} holds Python code, which runs when the model is loaded or used", layer=name)
            look.found("keras", "code-in-layer", "refused", said, path)
        elif isinstance(module, str) and not _is_known(module, name):
            said = t(
                "the description imports {name} from {module}, which is none of Keras's own",
                name=shown(name, 60),
                module=shown(module, 60),
            )
            look.found("keras", "foreign-class", "refused", said, path)
        config = node.get("config")
        if name in _READS_FILES and isinstance(config, dict) and isinstance(config.get("vocabulary"), str):
            said = t(
                "the layer {layer} reads its vocabulary from the file {file}",
                layer=name,
                file=shown(config["vocabulary"], 80),
            )
            look.found("keras", "path-outside", "refused", said, path)


def _is_known(module: str, name: str) -> bool:
    return (module == "builtins" and name in ("function", "str", "int", "float", "bool", "slice", "tuple")) or bool(
        _OWN.fullmatch(module)
    )
