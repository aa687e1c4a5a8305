"""Whether the terms that a record names are known: SPDX expressions, and addresses that stand for one."""

from __future__ import annotations

import re

MAX_CHARACTERS = 500

_ADDRESSES = (
    (re.compile(r"creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)(?:/([a-z]{2,3}))?(?:/.*)?"), "CC-{0}-{1}-{2}"),
    (re.compile(r"creativecommons\.org/publicdomain/zero/1\.0(?:/.*)?"), "CC0-1.0"),
    (re.compile(r"creativecommons\.org/publicdomain/mark/1\.0(?:/.*)?"), "CC-PDM-1.0"),
    (re.compile(r"spdx\.org/licenses/([A-Za-z0-9.+-]+?)(?:\.html|\.json)?/?"), "{0}"),
    (re.compile(r"opensource\.org/licenses?/([A-Za-z0-9.+-]+)/?"), "{0}"),
    (re.compile(r"apache\.org/licenses/LICENSE-2\.0(?:\.txt|\.html)?"), "Apache-2.0"),
    (re.compile(r"opendatacommons\.org/licenses/odbl/1[.-]0/?"), "ODbL-1.0"),
    (re.compile(r"opendatacommons\.org/licenses/by/1[.-]0/?"), "ODC-By-1.0"),
    (re.compile(r"opendatacommons\.org/licenses/pddl/1[.-]0/?"), "PDDL-1.0"),
    (re.compile(r"cdla\.(?:dev|io)/permissive-([12])-0/?"), "CDLA-Permissive-{0}.0"),
    (re.compile(r"cdla\.(?:dev|io)/sharing-1-0/?"), "CDLA-Sharing-1.0"),
)
"""Addresses that are written in place of an identifier -> the identifier."""


def spdx_expression(text: str) -> str:
    """Return a licence as a normal SPDX expression; empty where it is none whose every identifier is known.

    The list of identifiers is the one that the library packaging ships. ``LicenseRef-NAME`` stands for terms that are
    on no list, and is known as such.
    """
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    if len(text) > MAX_CHARACTERS:
        return ""
    try:
        return str(canonicalize_license_expression(_of_address(text.strip())))
    except InvalidLicenseExpression:
        return ""


def _of_address(text: str) -> str:
    address = re.sub(r"^https?://(?:www\.)?", "", text)
    for pattern, expression in _ADDRESSES:
        if found := pattern.fullmatch(address):
            return expression.format(*(part or "" for part in found.groups())).rstrip("-")
    return text
