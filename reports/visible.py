r"""Make every character of a foreign text visible, so that a name cannot rewrite the page or the terminal around it.

Control characters move a terminal's cursor; bidirectional and zero-width ones reorder or hide what a reader sees
(Unicode Technical Report 36, section 2; the "Trojan Source" attacks). They are shown as ``\u202e`` and the like.
"""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Also "@" and ":", which would make links of addresses without any bracket.
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#!|~&$@:])")


def visible(text: str) -> str:
    """Return ``text`` with control, format, bidirectional and surrogate characters written as escapes."""
    # Printable are no categories but letters, marks, numbers, punctuation, symbols and the plain blank: none is hidden.
    if text.isprintable():
        return text
    return "".join(_escape(char) if unicodedata.category(char) in _HIDDEN else char for char in text)


def markdown(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is: no markup, no link, no HTML."""
    return _MARKDOWN.sub(r"\\\1", visible(text))


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
