"""YAML files of this room, read by the one door to the YAML reader (:mod:`proofbox.checks.documents.yamltext`).

Those of whoever runs Proofbox are read by :mod:`proofbox.checks.documents.quickyaml` where it can; the data are equal.
"""

from __future__ import annotations

from functools import lru_cache

from proofbox.checks.documents import yamltext
from proofbox.checks.documents.document import Data, Document, Path, decoded, path_text
from proofbox.checks.documents.problem import RefusedError
from proofbox.checks.documents.quickyaml import read_quickly
from proofbox.checks.documents.yamlbuilding import MAX_DEPTH, MAX_NODES
from proofbox.checks.documents.yamltext import MAX_BYTES
from proofbox.policies.errors import BadDocumentError

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_NODES", "Data", "Document", "Path", "path_text", "read_own_yaml", "read_yaml"]


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


@lru_cache(maxsize=4)
def read_own_yaml(raw: bytes, name: str) -> Document:
    """Read one YAML document of whoever runs Proofbox, such as a policy; never a stranger's.

    Raises
    ------
    BadDocumentError
        As :func:`read_yaml`.
    """
    try:
        found = read_quickly(decoded(raw, name, MAX_BYTES), name)
    except RefusedError as err:
        raise BadDocumentError((err.problem,)) from err
    return read_yaml(raw, name) if found is None else found
