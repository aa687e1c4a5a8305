"""What the name of a column declares its values to be, in Vietnamese (with or without accents) and English."""

from __future__ import annotations

import re
from collections.abc import Mapping

from proofbox.checks.personal.plain import words_of

NAMES: Mapping[str, tuple[str, ...]] = {
    "vn_citizen_id": ("cccd", "can cuoc", "dinh danh ca nhan", "so dinh danh", "citizen id", "national id", "cmnd",
                      "cmt", "cmtnd", "chung minh", "chung minh nhan dan", "giay to tuy than", "id card", "so cmnd"),
    "phone": ("sdt", "dien thoai", "di dong", "so dt", "so may", "phone", "phone number", "mobile", "telephone", "tel",
              "msisdn", "hotline", "cell"),
    "email": ("email", "e mail", "thu dien tu", "mail"),
    "vn_tax_code": ("mst", "ma so thue", "tax code", "tax id", "tin"),
    "card": ("so the", "so the tin dung", "card number", "card no", "credit card", "pan", "cardnumber"),
    "iban": ("iban",),
    "bank_account": ("stk", "so tai khoan", "tai khoan ngan hang", "so tk", "account number", "account no",
                     "bank account", "acct no"),
    "licence_plate": ("bien so", "bien so xe", "bks", "bsx", "bien kiem soat", "plate", "licence plate",
                      "license plate", "number plate"),
    "health_insurance": ("bhyt", "bhxh", "the bhyt", "so bhxh", "bao hiem y te", "bao hiem xa hoi", "ma so bhxh",
                         "health insurance", "social insurance"),
    "passport": ("ho chieu", "passport"),
    "us_ssn": ("ssn", "social security"),
    "uk_nino": ("nino", "national insurance", "ni number"),
    "date_of_birth": ("ngay sinh", "ngay thang nam sinh", "dob", "date of birth", "birth date", "birthdate",
                      "birthday"),
    "address": ("dia chi", "address", "noi o", "thuong tru", "tam tru", "noi cu tru", "street"),
    "name": ("ho ten", "ho va ten", "hoten", "ten khach hang", "ten kh", "ten nguoi", "ten benh nhan",
             "ten nhan vien", "ten hoc sinh", "ten sinh vien", "full name", "fullname", "first name", "last name",
             "firstname", "lastname", "surname", "family name", "given name", "middle name", "customer name",
             "patient name", "person name", "applicant name", "student name", "employee name", "nguoi lien he"),
}  # fmt: skip
"""Kind -> plain words, any of which as whole words in a column's name declares it; the first kind that fits counts."""

_ALONE: Mapping[str, str] = {"ten": "name", "name": "name", "cmt": "vn_citizen_id"}
"""Words that declare a kind only where they are the whole name: ``name`` does, ``ten_san_pham`` does not."""

_ABOUT = re.compile(
    r"^ (?:co|has|is|with|khong co|ngay cap|noi cap|so luong|loai|number of|num|count) |"
    r" (?:verified|flag|valid|count|total|type|loai|hash|hashed|sha256|md5|masked|domain"
    r"|carrier|nha mang|so luong|opt in|optin|consent|status|trang thai|score|device|os|length|diem|cap ngay"
    r"|ngay cap|noi cap|issuer|country|prefix|distance|ip|mac) $"
)
"""Names that are about such a value without holding it: ``has_email``, ``phone_type``, ``ngay_cap``."""


def declared_kind(name: str) -> str | None:
    """Return the kind of personal data that a column's name declares; None where it declares none."""
    words = words_of(name)
    if _ABOUT.search(words):
        return None
    if alone := _ALONE.get(words.strip()):
        return alone
    return next((kind for kind, said in NAMES.items() if any(f" {word} " in words for word in said)), None)
