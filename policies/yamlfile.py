"""YAML files of this room, read by the one door to the YAML reader (:mod:`proofbox.checks.documents.yamltext`)."""

from __future__ import annotations

from functools import lru_cache

from proofbox.checks.documents import yamltext
from proofbox.checks.documents.document import Data, Document, Path, path_text
from proofbox.checks.documents.problem import RefusedError
from proofbox.checks.documents.yamltext import MAX_BYTES, MAX_DEPTH, MAX_NODES
from proofbox.policies.errors import BadDocumentError

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_NODES", "Data", "Document", "Path", "path_text", "read_yaml"]


@lru_cache(maxsize=4)
def read_yaml(raw: bytes, name: str) -> Document:
    """Read one YAML document; the last few are remembered by their bytes, since whoever loads one looks at it again.

    Raises
    ------
    BadDocumentError
        The bytes are not one plain YAML document; the problem carries line and column.
    """
    try:
        return yamltext.read_yaml(raw, name)
    except RefusedError as err:
        raise BadDocumentError((err.problem,)) from err
