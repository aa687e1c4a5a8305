"""Values as a walk over a pickle knows them, and how large joblib's array bytes are by them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from proofbox.checks.errors import BadDataError
from proofbox.checks.text import t

_DTYPE = ("numpy", "dtype")
_WRAPPER = ("joblib.numpy_pickle", "NumpyArrayWrapper")


@dataclass(frozen=True, slots=True)
class Global:
    """Something that the pickle imports."""

    module: str
    name: str


class Opaque:
    """A value that the walk does not know."""


@dataclass(slots=True, eq=False)
class Instance:
    """An instance of an imported class, and the state given to it so far."""

    of: Global
    args: object
    state: object = None
    attributes: dict[object, object] = field(default_factory=dict)

    @property
    def is_array_wrapper(self) -> bool:
        """Whether joblib's loader reads an array from the file once this has its state."""
        return (self.of.module, self.of.name) == _WRAPPER


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayLayout:
    """How joblib wrote an array after its wrapper."""

    size: int | None
    """Bytes; None where its items are objects, which follow as a pickle."""
    padded: bool
    """Whether a byte that says how many padding bytes follow stands first."""


def array_layout(wrapper: Instance) -> ArrayLayout:
    """Return how the array of a ``NumpyArrayWrapper`` was written.

    Raises
    ------
    BadDataError
        Its size is computed while loading, so that nobody can know it before.
    """
    dtype, shape = wrapper.attributes.get("dtype"), wrapper.attributes.get("shape")
    item = _item_size(dtype)
    if item is None:
        return ArrayLayout(size=None, padded=False)
    if not isinstance(shape, tuple) or not all(type(length) is int and length >= 0 for length in shape):
        raise BadDataError(t("the size of an array is computed while loading"))
    padded = wrapper.attributes.get("numpy_array_alignment_bytes") is not None
    return ArrayLayout(size=math.prod(shape) * item, padded=padded)


_DTYPE_CODE = re.compile(r"[<>|=]?([biufcSUVO])(\d{1,6})")


def _item_size(dtype: object) -> int | None:
    """Return the bytes of one item of a ``numpy.dtype``; None where its items are objects.

    The state of such a dtype is (version, byte order, subarray, names, fields, item size, alignment, flags).
    """
    if not isinstance(dtype, Instance) or (dtype.of.module, dtype.of.name) != _DTYPE:
        raise BadDataError(t("the type of an array is computed while loading"))
    code = dtype.args[0] if isinstance(dtype.args, tuple) and dtype.args else None
    match = _DTYPE_CODE.fullmatch(code) if isinstance(code, str) else None
    if match is None:
        raise BadDataError(t("the type of an array cannot be followed"))
    kind, size = match[1], int(match[2])
    plain = size * 4 if kind == "U" else size
    if dtype.state is None:
        return None if kind == "O" else plain
    state = dtype.state
    if not isinstance(state, tuple) or len(state) < 8 or state[2] is not None:
        raise BadDataError(t("the type of an array cannot be followed"))
    if type(state[5]) is not int or type(state[7]) is not int or (kind != "V" and state[5] not in (-1, plain)):
        raise BadDataError(t("the type of an array cannot be followed"))
    if kind == "O" or state[7] & 1:
        return None
    return state[5] if kind == "V" and state[5] >= 0 else plain
