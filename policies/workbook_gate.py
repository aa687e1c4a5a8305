"""What a workbook (xlsx) must be before anything parses it: a small, plain archive of XML without entities or macros.

A workbook is an archive of XML, and comes from strangers. Its entries are unpacked here within fixed limits, and none
of them may declare a document type, which is where entities that grow or that read files begin.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import NoReturn

from proofbox.policies.errors import BadDocumentError, Problem

MAX_BYTES = 1_000_000
MAX_ENTRIES = 100
MAX_UNPACKED_BYTES = 20_000_000

_XML = (".xml", ".rels", ".vml")
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")


def check_workbook(raw: bytes, name: str) -> None:
    """Refuse what no spreadsheet program writes, before it is parsed.

    Raises
    ------
    BadDocumentError
        It is larger than the limits, no plain zip archive, encrypted, holds macros, or XML with a document type.
    """
    if len(raw) > MAX_BYTES:
        refuse(name, f"more than {MAX_BYTES} bytes", f"at most {MAX_BYTES} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _check_entries(archive, name)
    # RuntimeError: encrypted; NotImplementedError: an unknown compression; the rest: a broken archive.
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error) as err:
        refuse(name, f"a broken archive ({type(err).__name__})", "a workbook (xlsx) as a spreadsheet program writes it")


def refuse(name: str, got: str, expected: str, hint: str = "") -> NoReturn:
    """Raise the error for a workbook as a whole."""
    problem = Problem(file=name, line=1, column=1, where="", got=got, expected=expected, hint=hint)
    raise BadDocumentError((problem,))


def _check_entries(archive: zipfile.ZipFile, name: str) -> None:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        refuse(name, f"{len(entries)} parts", f"at most {MAX_ENTRIES}")
    if len({entry.filename.casefold() for entry in entries}) != len(entries):
        refuse(name, "two parts of one name", "each part once")
    left = MAX_UNPACKED_BYTES
    for entry in entries:
        if entry.flag_bits & 1:
            refuse(name, "an encrypted workbook", "one without a password")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            refuse(name, "an unusual compression", "deflate, as spreadsheet programs use")
        if entry.filename.lower().endswith(".bin") and "vba" in entry.filename.lower():
            refuse(name, "macros", "a workbook without macros", "save it as .xlsx")
        with archive.open(entry) as part:
            content = part.read(left + 1)
        left -= len(content)
        if left < 0:
            refuse(name, f"more than {MAX_UNPACKED_BYTES} bytes unpacked", f"at most {MAX_UNPACKED_BYTES}")
        if entry.filename.lower().endswith(_XML):
            _check_xml(content, name)


def _check_xml(content: bytes, name: str) -> None:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        refuse(name, "XML in another encoding", "UTF-8, as spreadsheet programs write it")
    # In UTF-16 the words below would not be found; a zero byte is in no UTF-8 XML.
    if b"\0" in content or any(word in content.upper() for word in _DECLARATIONS):
        refuse(name, "XML with a document type or entities", "none, as spreadsheet programs write it")
    if b"encoding=" in content[:200] and b"utf-8" not in content[:200].lower():
        refuse(name, "XML in another encoding", "UTF-8, as spreadsheet programs write it")
