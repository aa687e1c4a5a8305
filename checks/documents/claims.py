"""Performance figures that a document claims, read from notations that leave no doubt; the others are named as unread.

Read are the ``model-index`` of a card's YAML block, in the form of Hugging Face, and tables in Markdown with a column
of measures and one of values. A figure in running text is not read, since nobody can tell by a pattern what it is said
of; its line is named.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from proofbox.checks.documents.cards import Card
from proofbox.checks.documents.document import Data, Document
from proofbox.checks.documents.figures import Figure, read_figure
from proofbox.checks.personal.plain import words_of
from proofbox.checks.result import Json
from proofbox.checks.text import Text

MEASURES: Mapping[str, tuple[str, ...]] = {
    "accuracy": ("accuracy", "acc", "do chinh xac", "ty le dung", "ty le chinh xac"),
    "balanced_accuracy": ("balanced accuracy", "do chinh xac can bang"),
    "precision": ("precision", "positive predictive value", "do chuan xac"),
    "recall": ("recall", "sensitivity", "true positive rate", "do nhay", "do phu", "do bao phu"),
    "f1": ("f1", "f1 score", "diem f1", "chi so f1"),
    "f1_macro": ("f1 macro", "macro f1", "macro averaged f1"),
    "average_precision": ("average precision", "pr auc", "auprc", "do chuan xac trung binh"),
    "log_loss": ("log loss", "logloss", "cross entropy"),
    "mean_absolute_error": ("mean absolute error", "mae", "sai so tuyet doi trung binh"),
    "root_mean_squared_error": ("root mean squared error", "rmse", "can bac hai sai so binh phuong trung binh"),
    "r2": ("r2", "r 2", "r squared", "r2 score", "he so xac dinh"),
    "roc_auc": ("roc auc", "auc", "auroc", "auc roc", "area under the roc curve", "dien tich duoi duong cong roc"),
    "brier_score_loss": ("brier score loss", "brier score", "brier", "diem brier"),
}
"""Our name of a measure -> how it is written, without accents and in lower case."""

NAME_HEADS = frozenset(("measure", "metric", "chi so", "do do", "thuoc do", "phep do", "tieu chi"))
VALUE_HEADS = frozenset(
    ("value", "result", "score", "test", "evaluation", "gia tri", "ket qua", "diem", "kiem thu", "danh gia")
)

_BY_WORDS = {words: name for name, known in MEASURES.items() for words in known}
_BRACKETS = re.compile(r"\(([^()]{0,200})\)")
_ASIDE = re.compile(r"\([^()]{0,200}\)|[*`]")
_MARKS = re.compile(r"[*`]")
_RULE = re.compile(r"[\s|:-]*-[\s|:-]*")
_SAID = re.compile("|".join(f" {words} " for words in sorted(_BY_WORDS, key=len, reverse=True)))
_LOOKS_LIKE_A_FIGURE = re.compile(r"\d{1,3}(?:[.,]\d+)?\s?%|(?<![\d.,])[01][.,]\d+|(?<![\d.,])\d{1,3}[.,]\d+(?![\d.,])")
_LONGEST_LINE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One figure that is claimed of one measure."""

    measure: str
    """Our name; empty where the measure is not one of :data:`MEASURES`."""
    written: str
    """The measure as it is written, at most 80 signs."""
    figure: Figure
    where: str
    """File and line, for example ``docs/card.md:12``."""
    of: str = ""
    """What data it is said of, where that is said."""
    part: str = ""
    """The part of the data that it is said of; empty for all of them."""

    @property
    def of_training(self) -> bool:
        """Whether it says of itself that it was measured on training data."""
        return bool(set(words_of(self.of).split()) & {"train", "training"}) or " huan luyen " in words_of(self.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A place that seems to claim a figure and was not read."""

    where: str
    said: str | Text
    """At most 120 signs of it, or why it cannot be read."""

    def to_json(self) -> Json:
        """Return the form that stands in a measurement's detail."""
        if isinstance(self.said, str):
            return {"where": self.where, "text": self.said}
        return {"where": self.where, "problem": {"template": self.said.template, "values": dict(self.said.values)}}


@dataclass(slots=True, kw_only=True)
class Claims:
    """What was read of one document."""

    read: list[Claim] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def add(self, others: Claims) -> None:
        """Add what was read of another document."""
        self.read += others.read
        self.unread += others.unread

    def not_read(self, path: str, why: Text) -> None:
        """Name a document, or a part of one, that could not be read."""
        self.unread.append(Unread(where=path, said=why))

    def take(self, path: str, line: int, written: str, value: object, *, of: str = "", part: str = "") -> None:
        """Take one figure: read where it is one, and named as unread otherwise."""
        where, figure = f"{path}:{line}", read_figure(value)
        if figure is None:
            self.unread.append(Unread(where=where, said=f"{written[:60]}: {str(value)[:50]}"))
        else:
            aside = " ".join(_BRACKETS.findall(written))
            said = f"{of} {aside}".strip()[:120]
            self.read.append(
                Claim(
                    measure=measure_of(written),
                    written=written[:80],
                    figure=figure,
                    where=where,
                    of=said,
                    part=part[:120],
                )
            )


def measure_of(written: str) -> str:
    """Return our name of a measure; empty where it is none that is known. What stands in brackets is left aside."""
    return _BY_WORDS.get(words_of(_ASIDE.sub(" ", unicodedata.normalize("NFKC", written))).strip(), "")


def claims_of(card: Card) -> Claims:
    """Return the figures that a card claims."""
    claims = Claims()
    if isinstance(card.front, Document):
        _model_index(card.front, claims)
    elif card.front is not None:
        claims.not_read(card.path, card.front)
    _body(card, claims)
    return claims


def _model_index(front: Document, claims: Claims) -> None:
    for path, metric in _metrics(front.data):
        result = path[:-2]
        name = metric.get("type") or metric.get("name")
        if isinstance(name, str):
            line, _ = front.position((*path, "value"))
            claims.take(front.name, line, name, metric.get("value"), of=_data_said(_at(front.data, result)))


def _metrics(data: Data) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Data]]]:
    for model, entry in _items(data, "model-index"):
        for result, found in _items(entry, "results"):
            for place, metric in _items(found, "metrics"):
                if isinstance(metric, dict):
                    yield ("model-index", model, "results", result, "metrics", place), metric


def _items(data: Data, key: str) -> Iterator[tuple[int, Data]]:
    listed = data.get(key) if isinstance(data, dict) else None
    yield from enumerate(listed if isinstance(listed, list) else ())


def _at(data: Data, path: tuple[str | int, ...]) -> Data:
    for part in path:
        data = data[part]  # type: ignore[index]
    return data


def _data_said(result: Data) -> str:
    said = result.get("dataset") if isinstance(result, dict) else None
    if not isinstance(said, dict):
        return ""
    return " ".join(str(said[key])[:60] for key in ("name", "config", "split") if isinstance(said.get(key), str))


def _body(card: Card, claims: Claims) -> None:
    lines = [line[:_LONGEST_LINE] for line in card.body.splitlines()]
    place = 0
    while place < len(lines):
        columns = _columns(lines, place)
        if columns is None:
            _prose(card.path, place + 1, lines[place], claims)
            place += 1
        else:
            place = _table(card.path, lines, place + 2, columns, claims)


def _columns(lines: list[str], place: int) -> tuple[int, int] | None:
    """Return which columns of a table that begins here hold measure and value; None where none begins that is read."""
    if "|" not in lines[place] or place + 1 >= len(lines) or not _RULE.fullmatch(lines[place + 1]):
        return None
    heads = [words_of(_ASIDE.sub(" ", cell)).strip() for cell in _cells(lines[place])]
    name = next((at for at, head in enumerate(heads) if head in NAME_HEADS), None)
    value = next((at for at, head in enumerate(heads) if head in VALUE_HEADS), None)
    return None if name is None or value is None else (name, value)


def _table(path: str, lines: list[str], place: int, columns: tuple[int, int], claims: Claims) -> int:
    """Read the rows of a table; return the first line after it."""
    while place < len(lines) and "|" in lines[place]:
        cells = _cells(lines[place])
        if max(columns) < len(cells) and cells[columns[0]]:
            claims.take(path, place + 1, _MARKS.sub("", cells[columns[0]]), cells[columns[1]])
        else:
            _prose(path, place + 1, lines[place], claims)
        place += 1
    return place


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _prose(path: str, number: int, line: str, claims: Claims) -> None:
    if _LOOKS_LIKE_A_FIGURE.search(line) and _SAID.search(words_of(line)):
        claims.unread.append(Unread(where=f"{path}:{number}", said=line.strip()[:120]))
