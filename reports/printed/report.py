"""The report of one assessment as a paper, and that paper as PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.reports.i18n import Translator
from proofbox.reports.papers.as_pdf import pdf_bytes
from proofbox.reports.papers.clean import cleaned
from proofbox.reports.papers.filling import notices, paper_words
from proofbox.reports.papers.paper import Paper
from proofbox.reports.printed.evidence import (
    identity_sections,
    measurements_section,
    open_section,
    verify_section,
    walls_sections,
    words_section,
)
from proofbox.reports.printed.first import banner, first_sections, head, marks
from proofbox.reports.printed.groups import change_sections, group_sections
from proofbox.reports.printed.requirements import requirement_sections
from proofbox.reports.view import build_view

if TYPE_CHECKING:
    from proofbox.reports.bundle import BundleContent


def report_paper(content: BundleContent, language: str, *, signed: bool = False) -> Paper:
    """Return the report of a bundle as a paper.

    Parameters
    ----------
    signed
        Whether the file itself will carry a signature; without one, and where nobody signed the bundle, it says so.

    Raises
    ------
    ReportsError
        There is no such language.
    """
    a, say = content.assessment, Translator(language)
    view, keyid = build_view(a, say), content.bundle.keyid
    product = a.subject.product
    name = " ".join(str(product[key]) for key in ("name", "version") if product.get(key))
    return cleaned(
        Paper(
            id="report",
            language=language,
            title=name or a.subject.digest,
            subtitle=say.gettext("Assessment report"),
            notices=notices(language),
            marks=marks(keyid, say, signed=signed),
            banner=banner(a, view, say, keyid=keyid, signed=signed),
            head=head(a, content.bundle.digest, say),
            sections=(
                *first_sections(a, view, say),
                *requirement_sections(view, say),
                *group_sections(view, say),
                *change_sections(a, view, say),
                open_section(a, view, say),
                *identity_sections(a, say),
                *walls_sections(a, view.walls, say),
                verify_section(a, say),
                measurements_section(a, say),
                words_section(view, say),
            ),
            made=a.run.finished_at,
            words=paper_words(say),
        )
    )


def report_pdf(content: BundleContent, language: str, *, signed: bool = False) -> bytes:
    """Return the report of a bundle as tagged PDF (PDF/UA-1); equal bundles give equal bytes.

    Raises
    ------
    LibraryMissingError
        typst is not installed.
    ReportsError
        There is no such language, or the typesetter refused.
    """
    return pdf_bytes(report_paper(content, language, signed=signed))
