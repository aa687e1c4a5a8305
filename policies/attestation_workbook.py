"""Attestations as a workbook (xlsx) for those who answer in a spreadsheet: the only import of openpyxl.

Its rows mean what the rows of the sheet of text mean (:mod:`attestation_sheet`). What the person fills in stands in
unlocked cells, choices and dates are checked by the spreadsheet program, and everything is said in both languages.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from proofbox.policies.archives import without_times
from proofbox.policies.attestation_file import Attestation
from proofbox.policies.attestation_sheet import ASKED, COLUMNS, MAX_ROWS, Row, asked_rows, attestations_of_rows
from proofbox.policies.errors import BadDocumentError, MissingExtraError, Problem
from proofbox.policies.model import Policy
from proofbox.policies.workbook_gate import check_workbook, refuse

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

SHEET = "Attestations"
HEADINGS = {
    "policy": "Policy\nBộ chính sách",
    "requirement": "Requirement\nYêu cầu",
    "question_en": "Question (English)\nCâu hỏi (tiếng Anh)",
    "question_vi": "Question (Vietnamese)\nCâu hỏi (tiếng Việt)",
    "needs": "Needs\nCần có",
    "answer": "Answer: yes or no\nTrả lời: yes (có) hoặc no (không)",
    "statement": "Statement\nNội dung xác nhận",
    "signer": "Signer\nNgười xác nhận",
    "role": "Role\nChức vụ",
    "date": "Date\nNgày xác nhận",
    "expires": "Holds until\nCó hiệu lực đến",
    "document": "Document (path inside the submission)\nTài liệu (đường dẫn trong hồ sơ nộp)",
}
"""Column -> its heading; a workbook is told by these."""

GUIDE = (
    "Fill in the white cells. A row without an answer is left out.",
    "Điền vào các ô màu trắng. Dòng không có câu trả lời sẽ được bỏ qua.",
    "A formula is refused: type the value itself.",
    "Công thức không được chấp nhận: nhập trực tiếp giá trị.",
    "A name typed here is a claim and no proof of who typed it.",
    "Tên nhập tại đây chỉ là lời khai, không chứng minh ai đã nhập.",
    "proofbox attestations import FILE.xlsx --submission FOLDER --out FOLDER/attestations.yaml",
)
NEEDS = {"signer": "signer / người xác nhận", "date": "date / ngày", "document": "document / tài liệu"}
WIDTHS = {"policy": 16, "requirement": 20, "needs": 22, "answer": 16, "statement": 44, "signer": 24, "role": 22,
          "date": 14, "expires": 16, "document": 30}  # fmt: skip
WIDE = 48
DATES = ("date", "expires")
MOMENT = datetime.datetime(2000, 1, 1)


def workbook(policies: Iterable[Policy]) -> bytes:
    """Return an empty workbook with one row for each requirement that a person attests; equal policies, equal bytes.

    Raises
    ------
    MissingExtraError
        openpyxl is not installed.
    """
    _need_library()
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    sheet.append([HEADINGS[column] for column in COLUMNS])
    for row in asked_rows(policies):
        needs = ", ".join(NEEDS.get(word, word) for word in row[-1].split())
        sheet.append([*row[:-1], needs])
    _lay_out(sheet)
    _add_guide(book)
    book.properties.creator, book.properties.created = "Proofbox", MOMENT
    out = io.BytesIO()
    book.save(out)
    return without_times(out.getvalue(), {"docProps/core.xml": _properties(book)})


def read_workbook(raw: bytes, name: str, digest_of: Callable[[str], str | None]) -> tuple[Attestation, ...]:
    """Read a filled-in workbook; a row without an answer is left out.

    Parameters
    ----------
    digest_of
        Path of a document inside the submission -> its sha256; None where there is no such file.

    Raises
    ------
    BadDocumentError
        Something in it is wrong; every mistake is told with its cell, as ``Attestations!F7``.
    MissingExtraError
        openpyxl is not installed.
    """
    _need_library()
    check_workbook(raw, name)
    return attestations_of_rows(_rows(raw, name), name, digest_of, _cell_name)


def _need_library() -> None:
    try:
        import openpyxl
    except ImportError as err:
        hint = "install the extra: pip install 'proofbox[papers]', or use CSV"
        raise MissingExtraError(f"a workbook (xlsx) needs openpyxl; {hint}") from err
    del openpyxl


def _lay_out(sheet: Worksheet) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill, Protection
    from openpyxl.utils import get_column_letter

    ours, head = PatternFill("solid", fgColor="F0F2F5"), PatternFill("solid", fgColor="0B4F8A")
    for index, column in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(index)].width = WIDTHS.get(column, WIDE)
        for cell in (row[0] for row in sheet.iter_rows(min_col=index, max_col=index)):
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if cell.row == 1:
                cell.font, cell.fill = Font(bold=True, color="FFFFFF"), head
            elif column in ASKED:
                cell.fill, cell.data_type, cell.quotePrefix = ours, "s", True
            else:
                cell.protection = Protection(locked=False)
                cell.number_format = "yyyy-mm-dd" if column in DATES else "@"
    sheet.freeze_panes = "C2"
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = _fit()
    _add_choices(sheet)


def _fit() -> Any:  # noqa: ANN401 - the library's own type has no stub
    from openpyxl.worksheet.properties import PageSetupProperties

    return PageSetupProperties(fitToPage=True)


def _add_choices(sheet: Worksheet) -> None:
    """Let the spreadsheet program refuse what could not be read."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    last = max(sheet.max_row, 2)
    choice = DataValidation(type="list", formula1='"yes,no"', allow_blank=True)
    choice.error = "yes (có) / no (không)"
    day = DataValidation(type="date", operator="greaterThan", formula1="36526", allow_blank=True)
    day.error = "YYYY-MM-DD"
    for rule, columns in ((choice, ("answer",)), (day, DATES)):
        rule.showErrorMessage = True
        for column in columns:
            letter = get_column_letter(COLUMNS.index(column) + 1)
            rule.add(f"{letter}2:{letter}{last}")
        sheet.add_data_validation(rule)


def _add_guide(book: Workbook) -> None:
    from openpyxl.styles import Alignment

    guide = book.create_sheet("Hướng dẫn - Guide")
    guide.column_dimensions["A"].width = 100
    for line in GUIDE:
        guide.append([line])
        guide.cell(guide.max_row, 1).alignment = Alignment(wrap_text=True, vertical="top")
    guide.protection.sheet = True


def _properties(book: Workbook) -> bytes:
    """Return the workbook's properties with one moment in place of the clock's."""
    from openpyxl.xml.functions import tostring

    book.properties.modified = MOMENT
    written: bytes = tostring(book.properties.to_tree())
    return written


def _rows(raw: bytes, name: str) -> Iterator[tuple[int, Row]]:
    grid = _grid(raw, name)
    if not grid or [str(cell.value or "") for cell in grid[0]] != [HEADINGS[column] for column in COLUMNS]:
        refuse(name, "other headings", f"the headings of 'attestations export' in row 1 of the sheet {SHEET}")
    if len(grid) > MAX_ROWS + 1:
        refuse(name, f"more than {MAX_ROWS} rows", f"at most {MAX_ROWS}")
    problems, found = [], []
    for line, cells in enumerate(grid[1:], 2):
        row = {}
        for column, cell in zip(COLUMNS, cells, strict=True):
            row[column], wrong = _text(cell)
            if wrong:
                problems.append(_problem(name, line, column, wrong))
        if any(row.values()):
            found.append((line, row))
    if problems:
        raise BadDocumentError(tuple(problems))
    yield from found


def _grid(raw: bytes, name: str) -> list[tuple[Any, ...]]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(raw), read_only=True, keep_links=False)
        if SHEET not in book.sheetnames:
            refuse(name, "no such sheet", f"a sheet named {SHEET}, as 'attestations export' writes it")
        return list(book[SHEET].iter_rows(min_row=1, max_row=MAX_ROWS + 2, max_col=len(COLUMNS)))
    except BadDocumentError:
        raise
    # The library promises nothing about what it raises on a workbook that is none.
    except Exception as err:  # noqa: BLE001
        refuse(name, f"a broken workbook ({type(err).__name__})", "a workbook as 'attestations export' writes it")


def _text(cell: Any) -> tuple[str, str]:  # noqa: ANN401 - openpyxl's cells of this mode share no class
    """Return a cell's text, and what is wrong with it."""
    value = cell.value
    if value is None:
        return "", ""
    if cell.data_type in ("f", "e"):
        return "", "a formula" if cell.data_type == "f" else "an error value"
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        value = value.date()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return (value.isoformat() if isinstance(value, datetime.date) else str(value)).strip(), ""


def _problem(name: str, line: int, column: str, got: str) -> Problem:
    place = COLUMNS.index(column) + 1
    where = _cell_name(line, column)
    return Problem(file=name, line=line, column=place, where=where, got=got, expected="the value itself, typed in")


def _cell_name(line: int, column: str) -> str:
    from openpyxl.utils import get_column_letter

    return f"{SHEET}!{get_column_letter(COLUMNS.index(column) + 1)}{line}: {column}"
