"""Cut a table into the batches that are sent to a model, each an Arrow stream of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 10_000
"""Most rows of one request: large enough that calls cost nothing, small enough to bound memory inside."""


def streams(table: pa.Table) -> Iterator[tuple[memoryview, int]]:
    """Yield Arrow streams of at most ``BATCH_ROWS`` rows each, one record batch a stream, and their rows."""
    import pyarrow as pa

    # Of one chunk, so that batches are as long as can be; no copy where it is one already.
    for part in table.combine_chunks().to_batches(max_chunksize=BATCH_ROWS):
        batch = _without_long_dictionaries(part)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        yield memoryview(sink.getvalue()), batch.num_rows


def _without_long_dictionaries(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return ``batch`` with the columns decoded whose dictionary is longer than they are: it would be sent whole."""
    import pyarrow as pa

    if not any(pa.types.is_dictionary(kind) for kind in batch.schema.types):
        return batch
    columns = [
        column.dictionary_decode()
        if pa.types.is_dictionary(column.type) and len(column.dictionary) > batch.num_rows
        else column
        for column in batch.columns
    ]
    return pa.record_batch(columns, names=batch.schema.names)
