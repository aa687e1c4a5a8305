"""What the words before a number say it is: ``SĐT 0912...`` is a telephone, ``mã đơn hàng 0912...`` is not."""

from __future__ import annotations

import re

from proofbox.checks.personal.plain import plain

REACH = 40
"""Letters before a value in which a word about it is looked for."""

_WORDS = {
    "id": r"cccd|can cuoc(?: cong dan)?"
    r"|cmnd|cmtnd|cmt|chung minh(?: nhan dan)?|dinh danh|citizen id|national id|id card",
    "phone": r"sdt|so dt|dt|dtdd|dien thoai|di dong|so may|tel|telephone|phone|mobile|cell|hotline|zalo|viber|whatsapp"
    r"|call|goi(?: cho)?|lien he|contact|fax",
    "tax": r"mst|ma so thue|tax code|tax id|tin",
    "bank": r"stk|so tk|tk|so tai khoan|tai khoan|account(?: number| no)?|acct|a/c"
    r"|vcb|vietcombank|techcombank|bidv|agribank|vietinbank|mb ?bank|acb|sacombank|tpbank|vpbank|napas",
    "card": r"so the|the (?:visa|tin dung|atm|ngan hang|ghi no|mastercard|napas)|card(?: number| no)?|visa|mastercard",
    "insurance": r"bhyt|bhxh|bao hiem(?: y te| xa hoi)?|health insurance|social insurance",
    "plate": r"bien so(?: xe)?|bien kiem soat|bks|bsx|(?:licen[cs]e |number )?plate|xe(?: may| hoi| oto| tai)?",
    "passport": r"ho chieu|passport(?: number| no)?",
    "ssn": r"ssn|social security(?: number| no)?",
    "other": r"don hang|ma don|van don|hoa don|hd so|order(?: id| number| no)?|invoice|tracking|shipment|ref(?:erence)?"
    r"|giao dich|transaction|txn|sku|serial|imei|san pham|barcode|ma vach|isbn|hop dong|contract|to khai|phien ban"
    r"|version|lo hang|lot|batch|gia|price|cost|tong|total|so tien|amount|ticket|phieu|ma ve|job|build|timestamp|time"
    r"|luc|ngay|date|bao gia|du an|project|model|part|hash|so luong|ma(?: so)?(?=\W*$)"
    r"|linh kien|phong|room|toa|ghi chu so|ma hang|ma kho|chuyen|flight",
}
_ANY = re.compile(r"(?<![a-z])(?:" + "|".join(f"(?P<{kind}>{words})" for kind, words in _WORDS.items()) + r")(?![a-z])")
_ANOTHER_NUMBER = re.compile(r"\d[\d .\-]{4,}\d")


def said_before(text: str, start: int) -> str | None:
    """Return the kind that the nearest words before ``start`` name; None where they name none, or another number."""
    window = text[max(0, start - REACH) : start].rpartition("\x00")[2]
    if not window.strip():
        return None
    window = plain(window)
    last = None
    for match in _ANY.finditer(window):
        last = match
    if last is None or _ANOTHER_NUMBER.search(window, last.end()):
        return None
    return last.lastgroup
