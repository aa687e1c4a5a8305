"""One text form for class labels, so that 1, 1.0 and "1" are the same class on both sides of the wall."""

from __future__ import annotations

import unicodedata


def label_text(value: object) -> str:
    """Return a label as text: integers without a point, booleans as ``true``/``false``, text in NFC and trimmed."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return unicodedata.normalize("NFC", str(value)).strip()
