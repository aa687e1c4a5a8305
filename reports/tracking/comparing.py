"""What MLflow's pages show of a bundle, compared with the bundle: whoever may write to the store can change them.

A run's tags, figures, parameters, data files, controls and tables are an index to the record, and nothing signs them.
They follow from the record alone, so they are made again from it and compared with what stands in the store. A tag of
another tool's is nobody's concern; a figure that the record does not have is one.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.tracking.door import reached
from proofbox.reports.tracking.fetching import MOST_FILE_BYTES
from proofbox.reports.tracking.notes import LOGGED_AT_TAG, TABLES, RunNotes, notes
from proofbox.reports.tracking.store import FoundRun, ReadingStore, control_key

if TYPE_CHECKING:
    from proofbox.reports.bundle import BundleContent

NOTE_TAG = "mlflow.note.content"
REVIEW_TAG = "proofbox.review"
_OURS = "proofbox."
_REVIEW_LINE = "**Review**: "
_SHOWN_LENGTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a store shows of one bundle besides the bundle itself."""

    run: FoundRun
    controls: tuple[FoundRun, ...]
    """The child runs."""
    tables: Mapping[str, bytes]
    """File name -> what stands there; a table that is not there is left out."""


def differences(content: BundleContent, run_id: str, *, tracking_uri: str) -> tuple[str, ...]:
    """Return in what MLflow shows something else than a bundle that is logged there, one sentence each.

    Parameters
    ----------
    content
        The bundle among the run's artifacts, as it was read.

    Raises
    ------
    PublishError
        The store could not be reached, or has no such run.
    """
    expected = notes(content.assessment, content.bundle, logged_at=0)
    return tuple(compared(expected, reached(tracking_uri, lambda store: _shown(store, run_id))))


def compared(expected: RunNotes, shown: Shown) -> Iterator[str]:
    """Yield in what a run differs from what its bundle has to say; nothing where nothing does."""
    run = shown.run
    yield from _other("name of the run", expected.name, run.name)
    yield from _other_tags("tag", _lasting(expected.tags), _without_review(run.tags))
    yield from _others("figure", expected.metrics, run.metrics)
    yield from _others("parameter", expected.params, run.params)
    datasets = {(one.name, one.short_digest, one.source) for one in expected.datasets}
    yield from (f"data file {one[0]!r}: is not noted as in the record" for one in sorted(datasets - run.datasets))
    yield from (f"data file {one[0]!r}: is noted, and not in the record" for one in sorted(run.datasets - datasets))
    yield from _other_controls(expected, shown)
    for name, raw in expected.tables.items():
        if shown.tables.get(name) != raw:
            yield f"table {name}: {_other_rows(raw, shown.tables.get(name))}"


def _shown(store: ReadingStore, run_id: str) -> Shown:
    run = store.run(run_id)
    there = {item.path for item in store.listed(run, "") if not item.is_folder}
    tables = {}
    with tempfile.TemporaryDirectory(prefix="proofbox-") as made:
        for name in TABLES:
            if name in there:
                store.fetch(run, name, Path(made, name), MOST_FILE_BYTES)
                tables[name] = Path(made, name).read_bytes()
    return Shown(run=run, controls=tuple(store.children(run.experiment_id, run)), tables=tables)


def _lasting(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key != LOGGED_AT_TAG}


def _without_review(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags as they were before somebody decided: a decision is a file of its own with a signature of its own."""
    decided = {key for key in tags if key == REVIEW_TAG or key.startswith(f"{REVIEW_TAG}.")}
    kept = {key: value for key, value in _lasting(tags).items() if key not in decided}
    said, _, note = kept.get(NOTE_TAG, "").partition("\n\n")
    if REVIEW_TAG in decided and said.startswith(_REVIEW_LINE) and "\n" not in said:
        kept[NOTE_TAG] = note
    return kept


def _other_controls(expected: RunNotes, shown: Shown) -> Iterator[str]:
    due = {control_key(one.tags): one for one in expected.controls}
    seen = set[tuple[str, str]]()
    for child in sorted(shown.controls, key=lambda one: one.run_id):
        key = control_key(child.tags)
        where = f"control {key[1]!r} of {key[0]!r}"
        if key not in due or key in seen:
            yield f"{where}: a run that the record does not have"
            continue
        seen.add(key)
        yield from _other(f"{where}, name of the run", due[key].name, child.name)
        given = expected.child_tags(shown.run.run_id, due[key])
        yield from _other_tags(f"{where}, tag", given, child.tags)
        yield from _others(f"{where}, figure", {}, child.metrics)
    yield from (f"control {key[1]!r} of {key[0]!r}: its run is missing" for key in due if key not in seen)


def _other_tags(what: str, expected: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    ours = {key: value for key, value in found.items() if key in expected or key.startswith(_OURS)}
    yield from _others(what, expected, ours)


def _others(what: str, expected: Mapping[str, object], found: Mapping[str, object]) -> Iterator[str]:
    for key in sorted({*expected, *found}):
        yield from _other(f"{what} {key!r}", expected.get(key), found.get(key))


def _other_rows(raw: bytes, found: bytes | None) -> str:
    """Return how a table that a stranger may have written differs from the one that the record gives."""
    if found is None:
        return "is missing"
    try:
        there = json.loads(found)["data"]
        changed = [row for row in json.loads(raw)["data"] if row not in there]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "is none that MLflow shows"
    if not changed:
        return "has the rows of the record, and others or in another order"
    return f"has {len(changed)} rows otherwise than the record, the first of which is {_short(str(changed[0]))}"


def _other(what: str, expected: object, found: object) -> Iterator[str]:
    if expected == found:
        return
    if found is None:
        yield f"{what}: is missing, the record gives {_short(expected)}"
    elif expected is None:
        yield f"{what}: got {_short(found)}, and the record has none"
    else:
        alike = _alike(str(expected), str(found))
        yield f"{what}: got {_short(found, alike)}, the record gives {_short(expected, alike)}"


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts begin alike with."""
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)


def _short(value: object, alike: int = 0) -> str:
    """Return a value as it is written; of a long text the part from shortly before character ``alike``."""
    if not isinstance(value, str) or len(value) <= _SHOWN_LENGTH:
        return repr(value)
    begin = max(0, alike - _SHOWN_LENGTH // 4)
    end = begin + _SHOWN_LENGTH
    return f"{'…' if begin else ''}{value[begin:end]!r}{'…' if end < len(value) else ''}"
