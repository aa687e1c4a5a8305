"""Look into a pickle: what it imports, one after the other, and what stands behind its end."""

from __future__ import annotations

import io

from proofbox.checks.artefacts.blobs import Blob, stream_of
from proofbox.checks.artefacts.bytesources import ByteSource
from proofbox.checks.artefacts.findings import Look, shown
from proofbox.checks.artefacts.globals import is_dangerous
from proofbox.checks.artefacts.picklevalues import Global
from proofbox.checks.artefacts.picklewalk import PERSISTENT, imports_of
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

MOST_PICKLES = 64
"""Pickles after each other in one file."""

MOST_IMPORTS = 10_000
LEGACY_TORCH = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""The magic number that ``torch.save`` wrote first before version 1.6; four pickles and raw bytes follow."""

_LEGACY_PICKLES = 5


def look_at_pickle(blob: Blob, look: Look, *, torch: bool = False) -> None:
    """Note what a pickle would import; raises BadDataError where it cannot be followed to its end."""
    legacy = blob.at(0, len(LEGACY_TORCH)) == LEGACY_TORCH
    look_at_stream(stream_of(blob), blob.size, look, torch=torch or legacy, pickles=_LEGACY_PICKLES if legacy else 0)


def look_at_stream(
    stream: io.BufferedReader, most_bytes: int, look: Look, *, torch: bool = False, pickles: int = 0
) -> None:
    """Note what the pickles of a stream would import.

    Parameters
    ----------
    torch
        Whether the loader is torch's, which looks up persistent ids among the storages of its archive.
    pickles
        How many pickles its loader reads, raw bytes behind them; 0 where nothing should stand behind the first one.
    """
    source = ByteSource(stream, most_bytes)
    for number in range(MOST_PICKLES):
        try:
            for found, place in imports_of(source, look.budget):
                _note(found, place, look, torch=torch)
        except BadDataError:
            if number == 0 or number < pickles:
                raise
            break
        if number + 1 == pickles or not stream.peek(1):
            return
    said = t("bytes stand behind the end of the pickle, where no loader of models looks")
    look.found("pickle", "trailing-bytes", "unreadable", said, f"offset {source.tell()}")


def _note(found: Global, place: int, look: Look, *, torch: bool) -> None:
    if (torch and found.module == PERSISTENT) or found in look.report.imports:
        return
    look.report.imports[found] = None
    if len(look.report.imports) > MOST_IMPORTS:
        raise TooMuchError(t("it imports more than {most} names", most=MOST_IMPORTS))
    note_import("pickle", found, look, f"offset {place}")


def note_import(family: str, found: Global, look: Look, where: str) -> None:
    """Note an import that no rule allows."""
    if found in look.rules.allowed:
        return
    name = shown(f"{found.module}.{found.name}", 120)
    if is_dangerous(found):
        said = t("loading the file uses {name}, by which it can run what it likes", name=name)
        look.found(family, "dangerous-import", "refused", said, where)
    else:
        look.found(
            family, "unlisted-import", "refused", t("the file asks for {name}, which no rule allows", name=name), where
        )
