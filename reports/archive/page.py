"""The archive as one static page, in either language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from proofbox.checks.text import t
from proofbox.reports import vocabulary
from proofbox.reports.archive.views import OUTCOMES, attempts, conclusions_by, controls, failed_by
from proofbox.reports.i18n import Translator
from proofbox.reports.pages import render_page

if TYPE_CHECKING:
    from proofbox.reports.archive.entries import Entry

OUTCOME_WORDS = {
    "failed": t("Failed"),
    "left-open": t("Left open"),
    "met": t("Met"),
    "not-applicable": t("Not applicable"),
}
MOST_COLUMNS = 12
"""Sectors or months of the tables of controls; the last ones, by name. All are in the parquet file."""


def render_archive(
    entries: Sequence[Entry], unread: Sequence[tuple[str, str]], policies: Sequence[str], language: str
) -> str:
    """Return the page.

    Parameters
    ----------
    entries
        The assessments.
    unread
        (bundle, why) of the bundles that were left out.
    policies
        id and version of the policies that all were judged under; empty: each bundle's own.
    language
        ``en`` or ``vi``.

    Raises
    ------
    ReportsError
        There is no such language.
    """
    translator = Translator(language)
    by_sector, sector_counts = failed_by(entries, lambda entry: entry.sector)
    by_month, month_counts = failed_by(entries, lambda entry: entry.month)
    return render_page(
        "archive.html.j2",
        translator,
        v=vocabulary,
        total=len(entries),
        unread=unread,
        policies=policies,
        conclusions=vocabulary.CONCLUSIONS,
        all_of_them=conclusions_by(entries, lambda _entry: "").get("", {}),
        controls=controls(entries),
        outcomes=tuple((key, translator.text(OUTCOME_WORDS[key])) for key in OUTCOMES),
        tables=(
            (translator.gettext("By sector"), by_sector[-MOST_COLUMNS:], sector_counts),
            (translator.gettext("By month"), by_month[-MOST_COLUMNS:], month_counts),
        ),
        sectors=conclusions_by(entries, lambda entry: entry.sector),
        months=conclusions_by(entries, lambda entry: entry.month),
        products=attempts(entries),
    )
