"""How each kind of personal data is written in running text, and when a match is one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proofbox.checks.late import np, pa
from proofbox.checks.personal import digits, phones


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One way of writing one kind."""

    kind: str
    pattern: re.Pattern[str]
    """A group named ``value``, where there is one, is the value; else the whole match."""
    needs: frozenset[str] = frozenset()
    """Contexts of which one must be named before the value; empty where it is recognised by itself."""
    refused: frozenset[str] = frozenset()
    """Contexts before which it is something else."""
    valid: Callable[[list[str]], digits.Mask] | None = None
    """Whether each value, as written, has the structure that the pattern alone cannot say."""


def only_digits(values: list[str]) -> pa.Array:
    """Return the digits of each value."""
    return pa.array([re.sub(r"[^0-9]", "", value) for value in values], pa.string())


def _by(rule: Callable[[pa.Array], digits.Mask]) -> Callable[[list[str]], digits.Mask]:
    return lambda values: rule(only_digits(values))


def _phone(values: list[str]) -> digits.Mask:
    """Numbers with a country code, of Viet Nam from its 0, and of the United States without one."""
    plain = [re.sub(r"\(0\)|[^0-9+]", "", value) for value in values]
    coded = [
        value.lstrip("+") if value.startswith("+") else value[2:] if value.startswith("00") else "" for value in plain
    ]
    home = [value if value.startswith("0") and not value.startswith("00") else "" for value in plain]
    american = [
        plain[place] if re.fullmatch(r"\(?\d{3}\)?[ .-]{1,2}\d{3}[.-]\d{4}", value.strip()) else ""
        for place, value in enumerate(values)
    ]
    arrays = [pa.array(one, pa.string()) for one in (coded, home, american)]
    return phones.international(arrays[0]) | phones.national(arrays[1]) | phones.national(arrays[2], "US")


def _named_phone(values: list[str]) -> digits.Mask:
    """Beside a word for telephone: a number of Viet Nam, whose 0 may be lost, the United States or Britain."""
    plain = only_digits(values)
    zero = pa.array(["0" + value for value in plain.to_pylist()], pa.string())
    held = phones.national(plain) | phones.national(zero) | phones.international(plain)
    return held | phones.national(plain, "US") | phones.national(plain, "GB")


def _iban(values: list[str]) -> digits.Mask:
    """ISO 13616: letters as numbers from 10, the first four signs moved to the end, remainder 1 modulo 97."""

    def holds(value: str) -> bool:
        plain = value.replace(" ", "")
        moved = "".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])
        return len(plain) == _IBAN_LENGTHS.get(plain[:2]) and int(moved) % 97 == 1

    return np.array([holds(value) for value in values], dtype=np.bool_)


_IBANS = """
        AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24
        FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32
        LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22
        SA24 SC31 SD18 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20
"""
_IBAN_LENGTHS = {code[:2]: int(code[2:]) for code in _IBANS.split()}
"""SWIFT's registry of IBAN formats."""

# A pattern begins with the first sign itself and looks back over it afterwards: the search then skips from one such
# sign to the next, which is several times faster than looking back at every place.
_BEFORE = r"(?<![\w+@#./,-].)"
_AFTER = r"(?![\w@]|[-./,]\d|\s?(?:đ|₫|đồng|vnđ|vnd|VNĐ|VND|USD|usd|€|\$)(?!\w))"
_HEALTH_CODES = """
    BA BT CA CB CC CH CK CN CS CT CY DK DN DT GB GD HC HD HG HN HS HT HX KC LS MS ND NN NO PV QN SV TA TB TC TD TE
    TH TK TN TQ TS TU TV TY XB XD XK XN XV
"""
_HEALTH = frozenset(_HEALTH_CODES.split())
"""Codes of the insured (Decision 1351/QĐ-BHXH, 2015, and its amendments)."""

_NO_NINO = frozenset({"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
_PROVINCE = r"(?:(?<=1)[124-9]|(?<=[25-7])\d|(?<=3)[0-8]|(?<=4)[13789]|(?<=8)[1-689]|(?<=9)[02-57-9])"
_SERIES = "[A-HK-NPR-VX-Z]"
_PLATE_END = r"(?!\w|[.,-]\d)"
_FILES = "png|jpe?g|gif|svg|webp|pdf|docx?|xlsx?|css|js|py|txt|html?|zip"
_NUMBERS = frozenset({"other", "tax", "bank", "card", "insurance", "ssn", "passport"})


def _health(values: list[str]) -> digits.Mask:
    return np.array([value[:2] in _HEALTH and sum(map(str.isdigit, value)) == 13 for value in values], dtype=np.bool_)


def _nino(values: list[str]) -> digits.Mask:
    return np.array([value[:2] not in _NO_NINO for value in values], dtype=np.bool_)


def _shape(kind: str, pattern: str, **more: Any) -> Shape:  # noqa: ANN401 - the fields of Shape
    return Shape(kind=kind, pattern=re.compile(pattern), **more)


EMAIL = _shape(
    "email",
    r"[A-Za-z0-9_%+-](?<![\w.%+-].)[\w.%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.)+"
    rf"(?!(?:{_FILES})\b)[A-Za-z]{{2,18}}(?![\w@])",
)

SHAPES: tuple[Shape, ...] = (
    _shape(
        "iban",
        r"[A-Z](?<![A-Za-z0-9].)[A-Z]\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])",
        valid=_iban,
    ),
    _shape("bank_account", rf"\d{_BEFORE}(?:[ .-]?\d){{7,15}}{_AFTER}", needs=frozenset({"bank"})),
    _shape(
        "health_insurance",
        r"[A-Z](?<![A-Za-z0-9].)[A-Z][ .-]?[1-5][ .-]?(?:0[1-9]|[1-8]\d|9[0-7])(?:[ .-]?\d{2,10}){1,4}(?![A-Za-z0-9])",
        refused=frozenset({"other"}),
        valid=_health,
    ),
    _shape("health_insurance", rf"\d{_BEFORE}\d{{9}}{_AFTER}", needs=frozenset({"insurance"})),
    _shape(
        "vn_tax_code",
        rf"\d{_BEFORE}\d{{9}}(?:-?\d{{3}})?{_AFTER}",
        needs=frozenset({"tax"}),
        valid=_by(digits.vn_tax_code),
    ),
    _shape(
        "vn_tax_code",
        rf"\d{_BEFORE}\d{{9}}-\d{{3}}{_AFTER}",
        refused=_NUMBERS - {"tax"} | {"phone", "id"},
        valid=_by(digits.vn_tax_code),
    ),
    _shape(
        "card",
        rf"\d{_BEFORE}(?<!\d\d[ -].)(?:\d{{3}}(?P<sep>[ .-])\d{{4}}(?P=sep)\d{{4}}(?P=sep)\d{{4}}(?:(?P=sep)\d{{3}})?|"
        rf"(?<=3)[47]\d{{2}}[ -]\d{{6}}[ -]\d{{5}}|\d{{14,18}}){_AFTER}",
        refused=_NUMBERS - {"card"} | {"phone", "id"},
        valid=_by(digits.card),
    ),
    _shape(
        "vn_citizen_id",
        rf"0{_BEFORE}\d{{2}}(?P<gap>[ .]?)\d{{3}}(?:(?P=gap)\d{{3}}){{2}}{_AFTER}",
        refused=_NUMBERS - {"tax"} | {"phone"},
        valid=_by(digits.vn_citizen_id),
    ),
    _shape("vn_old_id", rf"\d{_BEFORE}\d{{2}}[ .]?\d{{3}}[ .]?\d{{3}}{_AFTER}", needs=frozenset({"id"})),
    _shape(
        "passport",
        rf"[A-Z](?<![\w-].)[A-Z]?\d{{6,8}}(?!\w)|\d{_BEFORE}\d{{8}}{_AFTER}",
        needs=frozenset({"passport"}),
    ),
    _shape(
        "us_ssn",
        rf"\d{_BEFORE}\d{{2}}-\d{{2}}-\d{{4}}{_AFTER}",
        refused=frozenset({"other", "phone", "id"}),
        valid=_by(digits.us_ssn),
    ),
    _shape(
        "us_ssn",
        rf"\d{_BEFORE}\d{{2}} ?\d{{2}} ?\d{{4}}{_AFTER}",
        needs=frozenset({"ssn"}),
        valid=_by(digits.us_ssn),
    ),
    _shape(
        "uk_nino",
        r"[A-CEGHJ-PR-TW-Z](?<![A-Za-z0-9-].)[A-CEGHJ-NPR-TW-Z](?P<gap> ?)\d{2}(?P=gap)\d{2}(?P=gap)\d{2}(?P=gap)[A-D]"
        r"(?![A-Za-z0-9-])",
        refused=frozenset({"other"}),
        valid=_nino,
    ),
    _shape(
        "phone",
        rf"[(+0-9]{_BEFORE}(?:(?<=0)(?:\d{{9,10}}|084\d{{9,10}})(?!\d)|(?<!\d{{4}} .)(?:"
        r"(?:(?<=\+)|(?<=\()\+)\d{1,3}\)?[ .-]?(?:\(0\) ?)?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){1,4}|"
        r"(?:(?<=0)|(?<=\()0)\d{2,3}\)?(?:[ .-]\d{2,4}){2,4}(?![ .]\d)|"
        rf"(?:(?<=\()\d{{3}}\) ?|(?<=\d)\d{{2}}[.-])\d{{3}}[.-]\d{{4}})){_AFTER}",
        refused=_NUMBERS | {"id"},
        valid=_phone,
    ),
    _shape(
        "phone",
        rf"[+0-9]{_BEFORE}(?:[ .-]?\d){{7,12}}{_AFTER}",
        needs=frozenset({"phone"}),
        valid=_named_phone,
    ),
    _shape(
        "licence_plate",
        r"\d(?<![\w.-].)" + _PROVINCE + rf"(?:(?:{_SERIES}{{1,2}}|{_SERIES}[1-9])(?:-| ?- ?| )\d{{3}}\.?\d{{2}}|"
        rf"-?{_SERIES}{{1,2}}\d?[- ]?\d{{3}}\.\d{{2}}|-{_SERIES}[1-9A-Z] \d{{3}}\.?\d{{2}}){_PLATE_END}",
        refused=_NUMBERS,
    ),
    _shape(
        "licence_plate",
        r"\d(?<![\w.-].)" + _PROVINCE + rf"-?{_SERIES}{{1,2}}[1-9]?[- .]?(?:\d{{3}}\.?\d{{2}}|\d{{4}}){_PLATE_END}",
        needs=frozenset({"plate"}),
    ),
)
"""In the order in which they claim a place in the text; a place that is taken is not looked at again."""

LETTERED = frozenset({"iban", "health_insurance", "passport", "uk_nino", "licence_plate"})
"""Kinds whose value holds a capital letter beside a digit, but for the ones that a word before them announces."""

LETTER_AND_DIGIT = r"[A-Z][ .-]{0,3}[0-9]"
"""For Arrow: texts without a match hold nothing of these kinds but what a word announces."""
