"""Libraries that are imported when something of them is first used, not when a check is only read.

A policy's words are held against a check's docstring and parameters alone, and numpy and pyarrow take longer to import
than all of that. So a check says ``from proofbox.checks.late import np`` where others say ``import numpy as np``; to a
type checker it is numpy itself. An array that a module makes once would import it at once: make it where it is used
(docs/decisions/0012-late-libraries.md).
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

__all__ = ["np", "pa", "pc", "pt"]


def late(name: str) -> ModuleType:
    """Return a module that imports the one called ``name`` with the first of its attributes that is asked for."""
    module = ModuleType(name)

    def __getattr__(attribute: str) -> object:  # noqa: N807 - what a module without an attribute calls (PEP 562)
        found: object = getattr(import_module(name), attribute)
        vars(module)[attribute] = found  # from now on it stands here, and this is not called for it
        return found

    vars(module)["__getattr__"] = __getattr__
    return module


if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as pt
else:
    np, pa, pc, pt = late("numpy"), late("pyarrow"), late("pyarrow.compute"), late("pyarrow.types")
