"""Read one data file inside: its columns go out as raw typed buffers, never as Arrow.

A stranger's CSV, Parquet, Arrow or JSON file is parsed by native code that was not written for strangers. Here that
code can do no harm; what leaves is numbers of a fixed width, and texts as codes into a list of distinct ones. The
layout is that of ``proofbox/sandbox/reading.py``; a test holds the two together.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .channel import BATCH, COLUMNS, DONE, TABLE, Channel
from .outgoing import Words, send_plain, send_words
from .parquetparts import UnreadableError
from .sources import Source, opened

PLAIN = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double")
DATED = ("date32[day]", "timestamp[s]", "timestamp[ms]", "timestamp[us]", "timestamp[ns]")
NULL, WORD = "null", "text"
_WHOLE_DIGITS = 18
"""Digits of a decimal number without places that 64 bits hold, whatever the digits."""


def serve(channel: Channel, config: Mapping[str, Any]) -> None:
    """Tell the columns of the file that ``config`` names, then send those that are asked for, as often as asked."""
    import pyarrow as pa

    # The environment says one thread, for models whose speed is measured; reading may use them all.
    pa.set_cpu_count(len(os.sched_getaffinity(0)))
    try:
        source = opened(config)
        kinds = [_kind(name, type_) for name, type_ in source.fields]
    except (pa.ArrowException, OSError, ValueError, LookupError, UnreadableError) as error:
        channel.refuse("load", str(error).partition("\n")[0][:300])
        return
    channel.texts(TABLE, [[name for name, _ in source.fields], kinds, [str(source.rows)]])
    while (request := channel.receive()) is not None and request.kind == COLUMNS:
        wanted = json.loads(request.body)  # from the harness: the trusted direction
        try:
            _send(channel, source, kinds, wanted)
        except (pa.ArrowException, OSError, ValueError, UnreadableError) as error:
            channel.refuse("load", str(error).partition("\n")[0][:300])


def _kind(name: str, type_: Any) -> str:  # noqa: ANN401 pyarrow ships no types
    """Return how a column of that type is sent."""
    import pyarrow.types as pt

    if str(type_) in {*PLAIN, "date32[day]", NULL}:
        return str(type_)
    if pt.is_timestamp(type_):
        return f"timestamp[{type_.unit}]"
    if pt.is_decimal(type_) and type_.scale == 0 and type_.precision <= _WHOLE_DIGITS:
        return "int64"
    ways = (
        ("float", (pt.is_float16,)),
        ("double", (pt.is_decimal,)),
        ("date32[day]", (pt.is_date64,)),
        (WORD, (pt.is_dictionary, pt.is_string, pt.is_large_string, pt.is_string_view, pt.is_time, pt.is_duration)),
    )
    bytes_only = pt.is_dictionary(type_) and (pt.is_binary(type_.value_type) or pt.is_large_binary(type_.value_type))
    for kind, tests in ways:
        if not bytes_only and any(test(type_) for test in tests):
            return kind
    said = type_.value_type if bytes_only else type_
    raise UnreadableError(f"the column {name!r} holds values of type {said}; numbers, text and dates can be used")


def _cut(source: Source, places: Sequence[int], wanted: Mapping[str, Any]) -> Iterator[Any]:
    """Yield tables of exactly ``wanted["rows"]`` rows, the last one perhaps of fewer, from one row up to another.

    Where a block begins and ends follows from its number alone, never from how the file is laid out: who reads half of
    the blocks reads the same ones.
    """
    import pyarrow as pa

    rows, start, stop = wanted["rows"], wanted["start"], wanted["stop"]
    held, there = [], 0
    for at, piece in source.pieces(places, rows, start):
        if at >= stop:
            break
        left = piece.slice(max(0, start - at), stop - max(at, start))
        while left.num_rows:
            part = left.slice(0, rows - there)
            left = left.slice(part.num_rows)
            held.append(part)
            there += part.num_rows
            if there == rows:
                yield pa.concat_tables(held)
                held, there = [], 0
    if there:
        yield pa.concat_tables(held)


def _send(channel: Channel, source: Source, kinds: Sequence[str], wanted: Mapping[str, Any]) -> None:
    places = wanted["columns"]
    words: list[Words | None] = [Words() if kinds[place] == WORD else None for place in places]
    for table in _cut(source, places, wanted) if wanted["rows"] else [source.whole(places)]:
        channel.frame(BATCH, 0, len(places), table.num_rows, ())
        for place, column, known in zip(places, table.columns, words, strict=True):
            if known is not None:
                send_words(channel, known, column)
            elif kinds[place] != NULL:
                send_plain(channel, kinds[place], column)
    channel.frame(DONE, 0, 0, 0, ())
