"""Memory through which rows reach a model: written by the harness alone, inherited before anything foreign runs.

It is an anonymous file (``memfd_create``) that is sealed before the host starts: nobody can shrink or grow it, and
nobody but the mapping made here can ever write to it (``F_SEAL_FUTURE_WRITE``, fcntl(2)): not through the inherited
descriptor, not through a new one of ``/proc/self/fd``. The harness never reads from it.
"""

from __future__ import annotations

import mmap
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SLOTS = 2
"""One batch is written while the model works on the other."""
MOST_SLOT_BYTES = 16 * 1024 * 1024
LEAST_SLOT_BYTES = 256 * 1024
PAGE_BYTES = 4096
F_ADD_SEALS = 1033
SEALS = 0x0001 | 0x0002 | 0x0004 | 0x0010
"""F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_FUTURE_WRITE (linux/fcntl.h)."""


class RowMemory:
    """Sealed memory of ``SLOTS`` slots; a fresh one for every process, so that no process finds rows of another's."""

    def __init__(self, wanted_bytes: int) -> None:
        """Make slots of at least ``wanted_bytes`` bytes, as far as ``MOST_SLOT_BYTES`` goes.

        Raises
        ------
        OSError
            The kernel cannot seal memory that way (Linux before 5.1).
        """
        import numpy as np

        needed = min(max(wanted_bytes, LEAST_SLOT_BYTES), MOST_SLOT_BYTES)
        self.slot_bytes = -(-needed // PAGE_BYTES) * PAGE_BYTES
        self.descriptor = _made(SLOTS * self.slot_bytes)
        try:
            mapped = mmap.mmap(self.descriptor, SLOTS * self.slot_bytes)
            _seal(self.descriptor)
        except BaseException:
            os.close(self.descriptor)
            raise
        # Unmapped with the last array that looks into it.
        whole: NDArray[np.uint8] = np.frombuffer(mapped, dtype=np.uint8)
        self._slots = whole.reshape(SLOTS, self.slot_bytes)

    def place(self, number: int) -> int:
        """Return where the slot of batch ``number`` begins, in bytes."""
        return (number % SLOTS) * self.slot_bytes

    def floats(self, number: int, columns: int, rows: int) -> NDArray[np.float64]:
        """Return the slot of batch ``number`` as float64 of shape (columns, rows), to be written."""
        import numpy as np

        values: NDArray[np.float64] = self._slots[number % SLOTS][: columns * rows * 8].view(np.float64)
        return values.reshape(columns, rows)

    def bytes(self, number: int) -> memoryview:
        """Return the slot of batch ``number``, to be written."""
        return memoryview(self._slots[number % SLOTS])

    def close_descriptor(self) -> None:
        """Close the harness's descriptor once the host has its own; the memory stays mapped here."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def row_memory(wanted_bytes: int) -> RowMemory | None:
    """Return sealed memory, None where this system has none: rows then go over the socket."""
    if sys.platform != "linux":
        return None
    try:
        return RowMemory(wanted_bytes)
    except OSError:
        return None


def _made(size: int) -> int:
    descriptor = os.memfd_create("rows", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(descriptor, size)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _seal(descriptor: int) -> None:
    import fcntl

    fcntl.fcntl(descriptor, F_ADD_SEALS, SEALS)
