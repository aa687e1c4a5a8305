"""Personal data in the evaluation and training data: what can name, reach or number a person.

## Measures

- `personal_data_cells`: [0, inf), lower is better, 0 is perfect. Cells that hold personal data of any kind.
- `undeclared_personal_data_cells`: [0, inf), lower is better, 0 is perfect. Those of them in columns that the
  submission neither lists under `declared.personal_data` nor names as identifiers.
- `personal_data_columns`: [0, inf), lower is better, 0 is perfect. Columns with at least one such cell, a column of
  both files counted once.
- `identifying_features`: [0, inf), lower is better, 0 is perfect. Features of the model among these columns.

## Method

Each distinct value is looked at once. Recognised by structure: Vietnamese citizen ids of 12 digits (province, century
and sex, year), tax codes with their check digit, payment cards (issuer and Luhn's digit), IBANs (length by country,
modulo 97), health insurance numbers, licence plates, telephone numbers of any country (the numbering plans of the
library phonenumbers; without a country code those of Viet Nam), e-mail addresses, US social security and UK national
insurance numbers, and names beside an honorific (Ông, Bà, Anh, Chị, Mr, Mrs and others). Recognised beside a word that
announces them: old 9-digit ids, bank accounts, passports, insurance numbers of 10 digits. The nearest words before a
number decide: an order number is not a telephone number, whatever its digits.

A column of bare numbers counts only if enough of them have a structure that few would have by chance; a column of whole
numbers, whose leading zeros are lost when a spreadsheet is saved, only if nearly all do. A column whose name declares a
kind (cccd, so_dien_thoai, email, họ tên, ngày sinh and many more) counts wherever its values could be of that kind.

The detail says for each column which kind was found, in how many cells, whether by value or by name, with up to three
examples of which no more than three signs can be read.

## Limits

A name without an honorific in running text, an address, or a nickname is not recognised; neither are pictures. One in
60 numbers of 12 digits that no word announces has the structure of a citizen id by chance, and a person should look at
the examples. That a column is declared says nothing of whether it may be used. presidio is not used: it has no
Vietnamese recognisers and downloads its language models from the network.

## References

- Circular 59/2021/TT-BCA (Viet Nam): structure of the citizen id. ISO/IEC 7812-1: cards. ISO 13616: IBAN.
- Law 91/2025/QH15 (Viet Nam) on the protection of personal data, Article 30; Law 134/2025/QH15, Article 7(3).
- NIST SP 800-122, "Guide to Protecting the Confidentiality of Personally Identifiable Information", 2010.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import field_validator

from proofbox.checks.late import np
from proofbox.checks.params import CheckParams
from proofbox.checks.personal.columnnames import NAMES
from proofbox.checks.personal.table import ColumnFinding, findings_of
from proofbox.checks.registry import check
from proofbox.checks.result import CountTable, Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Dataset, Subject
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = tuple(sorted({*NAMES, "vn_old_id"}))
"""Every kind that can be found."""


class Params(CheckParams):
    """Parameters of :func:`personal_data`."""

    ignore: tuple[str, ...] = ()
    """Kinds that are not looked for, such as `vn_tax_code` where only companies are numbered."""

    @field_validator("ignore")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in names if name not in KINDS]:
            raise ValueError(f"no such kind: {', '.join(unknown)}; the kinds are {', '.join(KINDS)}")
        return names


@dataclass(frozen=True, slots=True, kw_only=True)
class _Searched:
    """What was found in one file."""

    data: Dataset
    findings: tuple[ColumnFinding, ...]

    def cells(self, columns: frozenset[str] | None = None) -> int:
        """Cells with a finding, each counted once whatever it holds; of some columns or of all."""
        by_column: dict[str, NDArray[np.bool_]] = {}
        for found in self.findings:
            if columns is None or found.column in columns:
                by_column[found.column] = by_column.get(found.column, np.False_) | found.rows
        return sum(int(rows.sum()) for rows in by_column.values())


@check("privacy.personal_data")
def personal_data(subject: Subject, data: Dataset, training: Dataset | None, params: Params) -> Measured | Inapplicable:
    """Measure how much personal data the files hold."""
    files = [one for one in (data, training) if one is not None and one.rows]
    if not files:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    searched = [
        _Searched(data=one, findings=tuple(found for found in findings_of(one) if found.kind not in params.ignore))
        for one in files
    ]
    declared = frozenset(subject.personal_data).union(*(one.id_columns for one in files))
    return Measured(measurements=tuple(_measurements(searched, declared, params)), tables=(_table(searched, declared),))


def _measurements(searched: list[_Searched], declared: frozenset[str], params: Params) -> Iterator[Measurement]:
    cells = sum(one.data.rows * one.data.table.num_columns for one in searched)
    columns: list[Json] = [*sorted({found.column for one in searched for found in one.findings})]
    undeclared = frozenset(str(name) for name in columns) - declared
    features: list[Json] = [name for name in searched[0].data.features if name in columns]
    found: list[Json] = [_said(one.data, finding, declared) for one in searched for finding in one.findings]
    detail: dict[str, Json] = {
        "files": [one.data.role for one in searched],
        "found": found,
        "declared_columns": [*sorted(declared)],
        "ignored_kinds": [*sorted(params.ignore)],
    }
    yield Measurement(
        measure="personal_data_cells",
        value=float(sum(one.cells() for one in searched)),
        sample_size=cells,
        detail=detail,
    )
    yield Measurement(
        measure="undeclared_personal_data_cells",
        value=float(sum(one.cells(undeclared) for one in searched)),
        sample_size=cells,
        detail={"columns": [*sorted(undeclared)]},
    )
    yield Measurement(
        measure="personal_data_columns",
        value=float(len(columns)),
        sample_size=cells,
        detail={"columns": columns},
    )
    yield Measurement(
        measure="identifying_features",
        value=float(len(features)),
        sample_size=cells,
        detail={"features": features},
    )


def _said(data: Dataset, found: ColumnFinding, declared: frozenset[str]) -> Json:
    return {
        "file": data.role,
        "column": found.column,
        "kind": found.kind,
        "recognised_by": found.by,
        "cells": int(found.rows.sum()),
        "distinct_values": found.distinct,
        "declared": found.column in declared,
        "read_by_the_model": found.column in data.features,
        "examples_masked": list(found.examples),
    }


def _table(searched: list[_Searched], declared: frozenset[str]) -> CountTable:
    rows = [(one.data.role, found) for one in searched for found in one.findings]
    return CountTable(
        name="columns",
        columns={
            "file": tuple(role for role, _ in rows),
            "column": tuple(found.column for _, found in rows),
            "kind": tuple(found.kind for _, found in rows),
            "recognised_by": tuple(found.by for _, found in rows),
            "cells": tuple(int(found.rows.sum()) for _, found in rows),
            "declared": tuple(found.column in declared for _, found in rows),
        },
    )
