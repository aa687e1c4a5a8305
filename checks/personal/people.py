"""Names of people beside an honorific, Vietnamese and English."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proofbox.checks.personal.plain import plain

_VN = r"[Ôô]ng|[Bb]à|[Aa]nh|[Cc]hị|[Cc]ô|[Cc]hú|[Bb]ác|[Tt]hầy|ÔNG|BÀ|ANH|CHỊ|[Bb]ệnh nhân|BN|KH|BS|ThS|TS|PGS|GS|LS"
_PLAIN = r"[Oo]ng|[Bb]a|[Cc]hi|[Cc]o|[Cc]hu|[Bb]ac|ONG|BA|CHI"
_EN = r"Mr|Mrs|Ms|Miss|Mx|Dr|Prof|MR|MRS|MS"
_UPPER = "A-ZÀ-ÖØ-ÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"
_LOWER = "a-zà-öø-ýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"
_WORD = (
    rf"(?:[{_UPPER}][{_LOWER}]+(?:[-'’][{_UPPER}][{_LOWER}]+)?|[{_UPPER}]['’][{_UPPER}][{_LOWER}]+|[{_UPPER}]{{1,7}})"
)

CANDIDATE = rf"(?:{_VN}|{_EN}|{_PLAIN})[.:]? +[{_UPPER}]"
"""For Arrow: texts without a match hold no name beside an honorific."""

_NAMED = re.compile(
    rf"(?<![\w-])(?P<title>{_VN}|{_EN}|(?P<plain>{_PLAIN}))[.:]? +(?P<name>{_WORD}(?: {_WORD}\.?){{0,4}})(?![\w])"
)

_NO_PERSON = {
    "bà": {"rịa": 9, "nà": 9, "đen": 1, "chiểu": 1, "điểm": 1, "quẹo": 1, "hom": 1, "hạt": 1, "triệu": 1, "trưng": 1,
           "huyện": 3, "con": 1},
    "anh": {"quốc": 1, "ngữ": 1, "văn": 1, "em": 1, "chị": 1, "hùng": 0},
    "ông": {"công": 3, "táo": 3, "địa": 1, "trời": 1, "bà": 1, "tơ": 1, "ích": 2, "lãnh": 1},
    "chị": {"em": 1},
    "cô": {"tô": 1, "bắc": 1, "chú": 1},
    "bác": {"hồ": 1, "sĩ": 1, "ái": 1},
    "miss": {"world": 9, "universe": 9, "grand": 9, "vietnam": 9, "earth": 9, "international": 9, "saigon": 1},
    "dr": {"pepper": 1}, "mr": {"bean": 1, "right": 1, "clean": 1}, "ms": {"word": 9, "excel": 9, "office": 9,
    "teams": 9, "windows": 9, "access": 9, "outlook": 9},
}  # fmt: skip
"""Capitalised honorific -> first word after it -> most words that still make no person: Bà Rịa, Anh Quốc, Cô Tô."""

_SEVERAL_WORDS = frozenset({"KH", "BN", "BS", "TS", "GS", "LS", "ANH", "ÔNG", "BÀ", "CHỊ"})
"""Also codes and words in headings: they are honorifics only before a name of several words."""

_FAMILIES = frozenset(
    {
        "nguyen",
        "tran",
        "le",
        "pham",
        "hoang",
        "huynh",
        "phan",
        "vu",
        "vo",
        "dang",
        "bui",
        "do",
        "ho",
        "ngo",
        "duong",
        "ly",
    }
    | {"dinh", "trinh", "truong", "mai", "luong", "dao", "doan", "lam", "ha", "cao", "phung", "to", "ta", "lo", "vang"}
)
"""Family names that tell a person after an honorific without accents, which by itself is another word (ba: three)."""


def names_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each name beside an honorific, without the honorific."""
    for match in _NAMED.finditer(text):
        title, words = match["title"], match["name"].split(" ")
        places = _NO_PERSON.get(title.casefold(), {})
        if title[0].isupper() and len(words) <= places.get(words[0].casefold(), 0):
            continue
        if match["plain"] and (len(words) == 1 or plain(words[0]) not in _FAMILIES):
            continue
        if len(words) == 1 and (title in _SEVERAL_WORDS or words[0].isupper()):
            continue
        yield match.span("name")
