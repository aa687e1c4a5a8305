"""What the plain opcodes of a pickle do to the walk's stack: push a value, push something empty, move values about."""

from __future__ import annotations

from collections.abc import Callable

from proofbox.checks.artefacts.picklevalues import Opaque

LITERALS: dict[str, object] = {
    **dict.fromkeys(("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT")),
    **dict.fromkeys(("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE")),
    **dict.fromkeys(("BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "NONE")),
    "NEWTRUE": True,
    "NEWFALSE": False,
}
"""Opcodes that push a value: their argument, or this."""

FRESH: dict[str, Callable[[], object]] = {
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": Opaque,
    "EMPTY_SET": Opaque,
    "NEXT_BUFFER": Opaque,
}
"""Opcodes that push something new and empty; what lists and sets hold is never asked for."""

MOVES = frozenset(
    (
        *("MARK", "POP", "DUP", "POP_MARK", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "LIST", "FROZENSET"),
        *("DICT", "SETITEM", "SETITEMS", "APPEND", "APPENDS", "ADDITEMS"),
    )
)
