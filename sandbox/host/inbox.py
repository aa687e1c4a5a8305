"""Where rows come in: out of the request's body, or out of the memory that the harness shares."""

from __future__ import annotations

import mmap
import os
import sys
from typing import TYPE_CHECKING, Any

from .channel import PLACE, PREDICT, PREDICT_MATRIX, Frame
from .tables import ArrowRows, MatrixRows, Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALIGNED_BYTES = 64


class Inbox:
    """Takes the rows of requests; to be made after stage 0, as it imports numpy with the first rows."""

    def __init__(self, shared: int | None) -> None:
        self._shared = memoryview(b"")
        if shared is not None:
            mapped = mmap.mmap(shared, os.fstat(shared).st_size, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
            os.close(shared)
            self._shared = memoryview(mapped)
        self._owner: Any = None
        self._free = 0
        self._values: NDArray[np.uint8] | None = None

    def take(self, request: Frame) -> Rows:
        """Return the rows of ``request``, in memory that the model may change and keep."""
        if request.kind == PREDICT:
            return ArrowRows(request.body)
        offset, length, columns = PLACE.unpack(request.body)
        import numpy as np

        room = self._room(length)
        np.copyto(room, np.frombuffer(self._shared, dtype=np.uint8, count=length, offset=offset))
        if request.kind != PREDICT_MATRIX:
            return ArrowRows(room)
        return MatrixRows(room.view(np.float64).reshape(columns, request.rows).T)

    def _room(self, length: int) -> NDArray[np.uint8]:
        """Return ``length`` bytes that nobody else looks into: those of the last request, unless the model kept them.

        Fresh memory for each request would cost more than copying the rows: the kernel clears every page of it.
        """
        import numpy as np

        if self._values is None or length > self._values.size or sys.getrefcount(self._owner) > self._free:
            self._owner = np.empty(length + ALIGNED_BYTES, dtype=np.uint8)
            start = -self._owner.ctypes.data % ALIGNED_BYTES
            self._values = self._owner[start : start + length]
            self._free = sys.getrefcount(self._owner)
        return self._values[:length]
