"""Attestations as a sheet of text (CSV), for those who answer in a spreadsheet and not in YAML.

A sheet of text needs no library and nothing to be unpacked; :mod:`attestation_workbook` has the same rows as xlsx.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from pydantic import ValidationError

from proofbox.policies.attestation_file import SCHEMA, Attestation
from proofbox.policies.errors import BadDocumentError, Problem
from proofbox.policies.model import Policy

ASKED = ("policy", "requirement", "question_en", "question_vi", "needs")
"""Columns that are written by us."""
COLUMNS = (*ASKED, "answer", "statement", "signer", "role", "date", "expires", "document")
"""A person fills in those after the first five."""

Row = Mapping[str, str]
"""Column -> what stands there."""

MAX_BYTES = 1_000_000
MAX_ROWS = 2_000

_PLACES = {"signer.name": "signer", "signer.role": "role", "document.path": "document", "document.sha256": "document"}


def sheet(policies: Iterable[Policy]) -> bytes:
    """Return an empty sheet with one row for each requirement that a person attests, as UTF-8 with a mark for Excel."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in asked_rows(policies):
        writer.writerow([*map(_harmless, row), *[""] * (len(COLUMNS) - len(row))])
    return out.getvalue().encode("utf-8-sig")


def asked_rows(policies: Iterable[Policy]) -> Iterator[tuple[str, ...]]:
    """Yield what stands in the columns :data:`ASKED`, for each requirement that a person attests."""
    for policy in policies:
        for control in policy.controls:
            for requirement in control.requirements:
                if requirement.attestation is not None:
                    asked = requirement.attestation
                    yield policy.id, requirement.id, asked.question.en, asked.question.vi, " ".join(asked.needs)


def read_sheet(raw: bytes, name: str, digest_of: Callable[[str], str | None]) -> tuple[Attestation, ...]:
    """Read a filled-in sheet; a row without an answer is left out.

    Parameters
    ----------
    digest_of
        Path of a document inside the submission -> its sha256; None where there is no such file.

    Raises
    ------
    BadDocumentError
        Something in it is wrong; ``problems`` holds every mistake with line and column (1-based, counted in cells).
    """
    return attestations_of_rows(_rows(raw, name), name, digest_of)


def attestations_of_rows(
    rows: Iterable[tuple[int, Row]],
    name: str,
    digest_of: Callable[[str], str | None],
    where: Callable[[int, str], str] = lambda _line, column: column,
) -> tuple[Attestation, ...]:
    """Return the statements of filled-in rows; a row without an answer is left out.

    Parameters
    ----------
    rows
        (line, column -> text).
    where
        Line and column -> how the place is called in a message.

    Raises
    ------
    BadDocumentError
        As :func:`read_sheet`.
    """
    found: list[Attestation] = []
    problems: list[Problem] = []
    seen: set[tuple[str, str]] = set()

    def problem(line: int, column: str, got: str, expected: str) -> Problem:
        place = COLUMNS.index(column) + 1
        return Problem(file=name, line=line, column=place, where=where(line, column), got=got, expected=expected)

    for line, row in rows:
        if not row["answer"]:
            continue
        key = (row["policy"], row["requirement"])
        if key in seen:
            problems.append(problem(line, "requirement", f"'{key[1]}' a second time", "each requirement once"))
        seen.add(key)
        digest = digest_of(row["document"]) if row["document"] else None
        if row["document"] and digest is None:
            got = f"'{row['document'][:60]}', which is not there"
            problems.append(problem(line, "document", got, "a file of the submission"))
            continue
        try:
            found.append(Attestation.model_validate(_given(row, digest)))
        except ValidationError as err:
            problems += (problem(line, *_told(row, detail)) for detail in err.errors(include_url=False))
    if problems:
        raise BadDocumentError(tuple(problems))
    return tuple(found)


def attestation_lines(found: Iterable[Attestation]) -> Iterator[str]:
    """Yield the lines of ``attestations.yaml``."""
    yield f"schema: {SCHEMA}"
    listed = [item.model_dump(mode="json", exclude_none=True, exclude_defaults=True) for item in found]
    yield "attestations:" if listed else "attestations: []"
    for item in listed:
        yield f"  - requirement: {item.pop('requirement')}"
        for key, value in item.items():
            # JSON in one line is YAML too.
            yield f"    {key}: {json.dumps(value, ensure_ascii=False)}"


def _given(row: Mapping[str, str], digest: str | None) -> dict[str, object]:
    given: dict[str, object] = {
        key: row[key] for key in ("policy", "requirement", "answer", "statement", "date", "expires") if row[key]
    }
    if row["signer"] or row["role"]:
        given["signer"] = {"name": row["signer"], "role": row["role"]}
    if digest is not None:
        given["document"] = {"path": row["document"], "sha256": digest}
    return given


def _rows(raw: bytes, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    if len(raw) > MAX_BYTES:
        raise _refused(name, 1, f"more than {MAX_BYTES} bytes", f"at most {MAX_BYTES} bytes")
    try:
        reader = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, row) for row, _ in zip(reader, range(MAX_ROWS + 2), strict=False)]
    except UnicodeDecodeError as err:
        raise _refused(name, 1, "bytes that are no UTF-8", "a sheet saved as 'CSV UTF-8'") from err
    except csv.Error as err:
        raise _refused(name, 1, f"a broken sheet ({err})", "comma-separated text (CSV)") from err
    if len(rows) > MAX_ROWS + 1:
        raise _refused(name, MAX_ROWS + 1, f"more than {MAX_ROWS} rows", f"at most {MAX_ROWS}")
    if not rows or tuple(rows[0][1]) != COLUMNS:
        raise _refused(name, 1, "other columns", f"the columns {', '.join(COLUMNS)}, separated by commas")
    for line, cells in rows[1:]:
        if any(cells):
            if len(cells) != len(COLUMNS):
                raise _refused(name, line, f"{len(cells)} cells", f"{len(COLUMNS)} cells in every row")
            yield line, {key: cell.strip() for key, cell in zip(COLUMNS, cells, strict=True)}


def _told(row: Row, detail: Mapping[str, object]) -> tuple[str, str, str]:
    """Return column, what was got and what was expected."""
    loc = detail["loc"]
    path = ".".join(str(part) for part in loc) if isinstance(loc, tuple) else ""
    column = _PLACES.get(path, path if path in COLUMNS else "expires")
    context = detail.get("ctx")
    expected = str(context.get("expected", detail["msg"]) if isinstance(context, Mapping) else detail["msg"])
    return column, repr(row[column][:60]), expected


def _refused(name: str, line: int, got: str, expected: str) -> BadDocumentError:
    return BadDocumentError((Problem(file=name, line=line, column=1, where="", got=got, expected=expected),))


def _harmless(text: str) -> str:
    """Return a cell that a spreadsheet does not run as a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
