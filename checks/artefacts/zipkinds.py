"""What a zip is by the names in it, and how its entries are read: as torch, skops or Keras does."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum

from proofbox.checks.artefacts.blobs import Blob, exactly
from proofbox.checks.artefacts.findings import Look
from proofbox.checks.artefacts.jsontext import parsed
from proofbox.checks.artefacts.kerasfile import look_at_layers
from proofbox.checks.artefacts.picklefile import look_at_pickle, note_import
from proofbox.checks.artefacts.skopsfile import named_types
from proofbox.checks.artefacts.zipwalk import Entry
from proofbox.checks.errors import BadDataError
from proofbox.checks.text import t

LookAt = Callable[[Blob, Look], None]
_STORAGE = re.compile(r"(?:[^/]+/)?(?:data|tensors|storages)/\d+")
"""Raw numbers in a torch archive: ``archive/data/0``."""


class ZipKind(Enum):
    """Kinds of zip that a loader of models knows."""

    TORCH = "torch"
    SKOPS = "skops"
    KERAS = "keras"
    PLAIN = "zip"

    def look_at_entry(self, name: str, content: Blob, look: Look, look_at: LookAt) -> None:
        """Look into one entry in the way that this kind's loader reads it."""
        if self is ZipKind.TORCH and _STORAGE.fullmatch(name):
            return
        if self is ZipKind.TORCH and name.endswith(".pkl"):
            look_at_pickle(content, look, torch=True)
        elif self is ZipKind.TORCH and content.size <= 16:
            return  # version, byteorder and the like
        elif self is ZipKind.SKOPS and name == "schema.json":
            look_at_schema(content, look)
        elif self is ZipKind.SKOPS and name.endswith(".bin"):
            return
        elif self is ZipKind.KERAS and name == "config.json":
            look_at_layers(parsed(exactly(content, 0, content.size), look.budget), look)
        else:
            look_at(content, look)
            if name.rpartition("/")[2].lower() == "vbaproject.bin":
                look.found("zip", "macro", "refused", t("the document holds macros"))


def kind_of_zip(entries: tuple[Entry, ...]) -> ZipKind:
    """Return which loader the names in a zip are meant for."""
    names = {entry.name for entry in entries}
    if any(name == "data.pkl" or (name.endswith("/data.pkl") and name.count("/") == 1) for name in names):
        return ZipKind.TORCH
    if "schema.json" in names:
        return ZipKind.SKOPS
    if "config.json" in names and any(name.startswith("model.weights") or name == "metadata.json" for name in names):
        return ZipKind.KERAS
    return ZipKind.PLAIN


def look_at_schema(content: Blob, look: Look) -> None:
    """Note types that a skops file names and no rule allows; raises BadDataError where it is no schema of skops."""
    schema = parsed(exactly(content, 0, content.size), look.budget)
    if not isinstance(schema, dict) or "__class__" not in schema:
        raise BadDataError(t("its schema.json is not the one of skops"))
    for found in named_types(schema):
        look.budget.item()
        if found not in look.report.imports:
            look.report.imports[found] = None
            note_import("skops", found, look, "")
