"""Which names of files are taken in: those that read the same to a person, to every system and in every report."""

from __future__ import annotations

import unicodedata

from proofbox.sandbox.errors import IntakeError

MAX_NAME_BYTES = 255
MAX_PATH_CHARACTERS = 1024
MAX_DEPTH = 32
PUNCTUATION = frozenset("._+@=-")
DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "clock$"] + [f"{kind}{digit}" for kind in ("com", "lpt") for digit in "0123456789"]
)
"""Names that mean a device on Windows, with any suffix."""


def checked_path(path: str) -> str:
    """Return ``path`` if every part of it is a name that is taken in.

    Raises
    ------
    IntakeError
        It is absolute, leads upward, is not in NFC, or holds characters that a reader cannot see or tell apart.
    """
    shown = printable(path)
    if path.startswith("/") or "\\" in path or (len(path) > 1 and path[1] == ":"):
        raise _refused(shown, "an absolute path or a backslash", "a path relative to the submission, with '/'")
    if len(path) > MAX_PATH_CHARACTERS or path.count("/") >= MAX_DEPTH:
        raise _refused(
            shown[:200], "a path too long or too deep", f"{MAX_PATH_CHARACTERS} characters, {MAX_DEPTH} folders"
        )
    for name in path.split("/"):
        _check_name(name, shown)
    return path


def _check_name(name: str, shown: str) -> None:
    if name in {"", ".", ".."}:
        raise _refused(shown, f"the part {name!r} in a path", "names only")
    if len(name.encode("utf-8", "surrogateescape")) > MAX_NAME_BYTES:
        raise _refused(shown[:200], "a name that is too long", f"at most {MAX_NAME_BYTES} bytes")
    for character in name:
        if not (unicodedata.category(character)[0] in "LMN" or character in PUNCTUATION or character == " "):
            code = f"U+{ord(character):04X}"
            raise _refused(shown, f"the character {code} in a name", "letters, marks, digits, blanks and . _ + @ = -")
    if unicodedata.normalize("NFC", name) != name:
        raise _refused(shown, "a name in decomposed Unicode form", "composed form (NFC)")
    if name != name.strip() or name.endswith("."):
        raise _refused(shown, "a name that begins or ends with a blank, or ends with a dot", "a name without")
    if name.split(".", maxsplit=1)[0].strip().casefold() in DEVICES:
        raise _refused(shown, "a name that means a device on some systems", "another name")


def key(path: str) -> str:
    """Return what two paths share that some system or reader takes for one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())


def printable(path: str) -> str:
    """Return ``path`` so that it can stand in a message: what cannot be seen is written as its code."""
    shown = [c if unicodedata.category(c)[0] not in "CZ" or c == " " else f"<U+{ord(c):04X}>" for c in path]
    return "".join(shown)[:300]


def _refused(path: str, got: str, expected: str) -> IntakeError:
    return IntakeError(path, got=got, expected=expected, hint="rename the file and submit again")
