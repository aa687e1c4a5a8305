"""Words in columns' names, English and Vietnamese, that say what a column probably is."""

from __future__ import annotations

from proofbox.checks.personal.columnnames import declared_kind
from proofbox.checks.personal.plain import words_of

TARGET = (
    *("target", "label", "labels", "class", "outcome", "result", "y", "truth", "ground truth", "approved", "accepted"),
    *("granted", "default", "defaulted", "churn", "survived", "fraud", "hired", "admitted", "diagnosis", "recid"),
    *("nhan", "ket qua", "muc tieu", "duyet", "phe duyet", "chap thuan", "vo no", "gian lan", "trung tuyen", "do"),
)
SENSITIVE = (
    *("sex", "gender", "race", "ethnicity", "ethnic", "ethnic group", "religion", "age", "age group", "disability"),
    *("disabled", "nationality", "citizenship", "marital status", "married", "language", "black", "hispanic", "female"),
    *("male", "caste", "veteran", "pregnant"),
    *("gioi tinh", "gt", "phai", "dan toc", "ton giao", "tuoi", "do tuoi", "nhom tuoi", "khuyet tat", "quoc tich"),
    *("tinh trang hon nhan", "hon nhan", "ngon ngu", "nu", "vung mien", "que quan"),
)
WEIGHT = ("weight", "weights", "sample weight", "trong so")
TIME = ("date", "datetime", "timestamp", "time", "year", "ngay", "thoi gian", "nam", "created at", "decided on")
IDENTIFIER = (
    "id",
    "uuid",
    "guid",
    "key",
    "index",
    "row",
    "row id",
    "unnamed 0",
    "stt",
    "ma",
    "ma so",
    "ma kh",
    "ma hs",
)
FAVOURABLE = (
    *("1", "true", "yes", "y", "positive", "approve", "approved", "accept", "accepted", "grant", "granted", "good"),
    *("pass", "hire", "hired", "admitted", "co", "dat", "duyet", "duoc", "dong y", "chap thuan", "tot"),
)
"""Labels that are probably the positive one, the surest first."""


def names_target(name: str) -> int:
    """Return how surely a name is the target's: 0 not at all, 2 where the whole name says so."""
    return _fits(name, TARGET)


def names_sensitive(name: str) -> bool:
    """Return whether a name is that of an attribute of people that the law protects."""
    return _fits(name, SENSITIVE) > 0


def names_identifier(name: str) -> bool:
    """Return whether a name is that of an identifier: of a row, or of a person."""
    words = words_of(name).strip()
    ends = words.endswith((" id", " uuid", " key", " no", " number")) or words.startswith(("ma ", "so "))
    return words in IDENTIFIER or ends or declared_kind(name) is not None


def names_weight(name: str) -> bool:
    """Return whether a name is that of a column of weights of rows."""
    return words_of(name).strip() in WEIGHT


def names_time(name: str) -> bool:
    """Return whether a name says when a row came about."""
    return _fits(name, TIME) > 0


def _fits(name: str, words: tuple[str, ...]) -> int:
    said = words_of(name)
    if said.strip() in words:
        return 2
    return int(any(f" {word} " in said for word in words if len(word) > 2))
