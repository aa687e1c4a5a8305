"""Cut a table into the batches that are sent to a model: a matrix of numbers where it is one, else an Arrow stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from proofbox.sandbox.rowmemory import RowMemory

BATCH_ROWS = 10_000
"""Most rows of one request: large enough that calls cost nothing, small enough to bound memory inside."""


HEADING_BYTES = 512
"""Of an Arrow stream, for each column: its name, its type and where it lies."""


def room_for(columns: int) -> int:
    """Return how many bytes a batch of so many columns of numbers takes at most, in either form."""
    return columns * (BATCH_ROWS * 8 + HEADING_BYTES)


@dataclass(frozen=True, slots=True)
class Placed:
    """One batch, ready to be asked about."""

    rows: int
    body: memoryview | None = None
    """An Arrow stream that goes over the socket; None: the batch lies in the shared memory."""
    matrix: bool = False
    """In the shared memory lie float64 values, column by column; else an Arrow stream."""
    offset: int = 0
    length: int = 0
    """Where in the shared memory, in bytes."""
    columns: int = 0
    """Of a matrix."""


def placed(table: pa.Table, memory: RowMemory | None) -> Iterator[Placed]:
    """Yield the batches of ``table`` in order, each written to its slot of ``memory`` when it is asked for.

    The caller asks for the next but one only when the model has done with the slot's batch before.
    """
    columns = _numbers(table) if memory is not None else None
    if memory is not None and columns is not None:
        yield from _matrices(columns, table.num_rows, memory)
        return
    for number, batch in enumerate(_parts(table)):
        length = None if memory is None else _written(batch, memory.bytes(number))
        if memory is None or length is None:
            yield Placed(batch.num_rows, _stream(batch))
        else:
            yield Placed(batch.num_rows, offset=memory.place(number), length=length)


def _parts(table: pa.Table) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    # Of one chunk, so that batches are as long as can be; no copy where it is one already.
    parts: list[pa.RecordBatch] = table.combine_chunks().to_batches(max_chunksize=BATCH_ROWS)
    coded = any(pa.types.is_dictionary(kind) for kind in table.schema.types)
    yield from map(_without_long_dictionaries, parts) if coded else parts


def _stream(batch: pa.RecordBatch) -> memoryview:
    """Return an Arrow stream of one batch."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return memoryview(sink.getvalue())


def _written(batch: pa.RecordBatch, room: memoryview) -> int | None:
    """Write an Arrow stream of one batch into ``room``; return its bytes, None where it does not fit."""
    import pyarrow as pa

    sink = pa.FixedSizeBufferWriter(pa.py_buffer(room))
    try:
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        return int(sink.tell())
    except OSError:  # of a file that is full
        return None
    finally:
        sink.close()


def _matrices(columns: Sequence[NDArray[np.float64]], total: int, memory: RowMemory) -> Iterator[Placed]:
    width = len(columns)
    step = max(1, min(BATCH_ROWS, memory.slot_bytes // (8 * width)))
    for number, start in enumerate(range(0, total, step)):
        rows = min(step, total - start)
        target = memory.floats(number, width, rows)
        for place, column in enumerate(columns):
            target[place] = column[start : start + rows]
        yield Placed(rows, matrix=True, offset=memory.place(number), length=8 * width * rows, columns=width)


def _numbers(table: pa.Table) -> list[NDArray[np.float64]] | None:
    """Return the columns where all are float64 (what is missing becomes NaN, as pandas has it), else None."""
    import pyarrow as pa

    float64 = pa.float64()
    if not table.num_columns or any(kind != float64 for kind in table.schema.types):
        return None
    whole = (c.chunk(0) if c.num_chunks == 1 else c.combine_chunks() for c in table.columns)
    return [column.to_numpy(zero_copy_only=False) for column in whole]


def _without_long_dictionaries(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return ``batch`` with the columns decoded whose dictionary is longer than they are: it would be sent whole."""
    import pyarrow as pa

    columns = [
        column.dictionary_decode()
        if pa.types.is_dictionary(column.type) and len(column.dictionary) > batch.num_rows
        else column
        for column in batch.columns
    ]
    return pa.record_batch(columns, names=batch.schema.names)
