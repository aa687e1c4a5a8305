"""What was known in training: kinds of leaks with counts and pairs of rows, as far as the record has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.result import Json
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from proofbox.policies.record import MeasurementRecord

LEAKAGE, EFFECT = "provenance.leakage", "provenance.leakage_effect"

KINDS: Mapping[str, Text] = {
    "leaked_rows": t("equal in every column that both files have"),
    "repeated_cases": t("equal in the model's features and the label"),
    "near_duplicates_by_numbers": t("equal but for a little in the numbers"),
    "near_duplicates_by_texts": t("nearly the same text"),
    "shared_entities": t("of somebody or something that the training data know"),
    "rows_not_later": t("not later than the last training row"),
}

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakPair:
    """Two rows, counted from 0, and what shows that they belong together."""

    row: int
    training_row: int
    digest: str
    training_digest: str
    values: str
    """Empty where the policy did not ask for values."""
    training_values: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakKind:
    """One way in which evaluation rows were known."""

    kind: Text
    rows: int
    of: int
    pairs: tuple[LeakPair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectView:
    """The accuracy with and without the rows of one kind; in [0, 1]."""

    kind: Text
    rows: int
    of_these: float | None
    without_these: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaksView:
    """What was found, kind by kind."""

    kinds: tuple[LeakKind, ...]
    compared: tuple[str, ...]
    left_out: tuple[str, ...]
    """Identifiers."""
    effects: tuple[EffectView, ...]


def leaks_view(measurements: Iterable[MeasurementRecord]) -> LeaksView | None:
    """Return what the record says of leaks; None where nobody looked."""
    kinds: list[LeakKind] = []
    effects: list[EffectView] = []
    compared: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    for item in measurements:
        # Two policies that look in different ways may say the same.
        kinds += [one for one in _kinds(item) if one not in kinds]
        effects += [one for one in _effects(item) if one not in effects]
        if item.check == LEAKAGE and item.measure == "leaked_rows":
            compared, left_out = _names(item.detail.get("columns")), _names(item.detail.get("identifiers_left_out"))
    order = {str(kind): place for place, kind in enumerate(KINDS.values())}
    kinds.sort(key=lambda one: order.get(str(one.kind), len(order)))
    effects.sort(key=lambda one: order.get(str(one.kind), len(order)))
    if not kinds:
        return None
    return LeaksView(kinds=tuple(kinds), compared=compared, left_out=left_out, effects=tuple(effects))


def said_of_leaks(item: MeasurementRecord) -> Iterator[str]:
    """Yield English lines for a terminal: the first pairs of each kind."""
    for one in _kinds(item):
        for pair in one.pairs[:3]:
            yield f"{one.kind}: evaluation row {pair.row}, training row {pair.training_row} ({pair.digest})"
            if pair.values:
                yield f"  {pair.values} | {pair.training_values}"
    for effect in _effects(item):
        if effect.of_these is not None and effect.without_these is not None:
            yield (
                f"{effect.kind}: {effect.rows} rows, accuracy {effect.of_these:.4f} of these, "
                f"{effect.without_these:.4f} without them"
            )


def _kinds(item: MeasurementRecord) -> Iterator[LeakKind]:
    if item.check != LEAKAGE:
        return
    detail, of = item.detail, item.sample_size
    if item.measure in ("leaked_rows", "repeated_cases", "rows_not_later"):
        yield _kind(item.measure, item.value, of, detail.get("pairs"))
    elif item.measure == "near_duplicate_rows":
        for name in ("numbers", "texts"):
            found = detail.get(name)
            if isinstance(found, dict):
                yield _kind(f"near_duplicates_by_{name}", found.get("rows"), of, found.get("pairs"))
    elif item.measure == "shared_entity_rows":
        by = detail.get("by_identifier")
        pairs = [one.get("pairs") for one in by.values() if isinstance(one, dict)] if isinstance(by, dict) else []
        yield _kind("shared_entities", item.value, of, pairs[0] if pairs else None)


def _kind(name: str, rows: Json, of: int, pairs: Json) -> LeakKind:
    listed = pairs if isinstance(pairs, list) else []
    shown = tuple(found for one in listed[:_MOST_SHOWN] if (found := _pair(one)) is not None)
    return LeakKind(kind=KINDS[name], rows=int(rows) if isinstance(rows, int | float) else 0, of=of, pairs=shown)


def _pair(pair: Json) -> LeakPair | None:
    if not isinstance(pair, dict):
        return None
    row, other = pair.get("evaluation_row"), pair.get("training_row")
    if type(row) is not int or type(other) is not int:
        return None
    return LeakPair(
        row=row,
        training_row=other,
        digest=str(pair.get("evaluation_digest", "")),
        training_digest=str(pair.get("training_digest", "")),
        values=_values(pair.get("evaluation_values")),
        training_values=_values(pair.get("training_values")),
    )


def _values(values: Json) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items()) if isinstance(values, dict) else ""


def _effects(item: MeasurementRecord) -> Iterator[EffectView]:
    by_kind = item.detail.get("by_kind") if item.check == EFFECT else None
    for name, found in by_kind.items() if isinstance(by_kind, dict) else ():
        if name in KINDS and isinstance(found, dict) and type(found.get("rows")) is int:
            yield EffectView(
                kind=KINDS[name],
                rows=int(str(found["rows"])),
                of_these=_share(found.get("accuracy_of_these")),
                without_these=_share(found.get("accuracy_without_these")),
            )


def _share(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _names(listed: Json) -> tuple[str, ...]:
    return tuple(str(name) for name in listed) if isinstance(listed, list) else ()
