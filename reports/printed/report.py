"""The report of one assessment as a paper, and that paper as PDF."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proofbox.reports.i18n import Translator
from proofbox.reports.papers.as_pdf import pdf_bytes
from proofbox.reports.papers.clean import cleaned
from proofbox.reports.papers.filling import notices, paper_words
from proofbox.reports.papers.paper import Paper
from proofbox.reports.printed.documents import documents_sections
from proofbox.reports.printed.evidence import (
    identity_sections,
    measurements_section,
    open_section,
    verify_section,
    words_section,
)
from proofbox.reports.printed.first import banner, first_sections, head, marks
from proofbox.reports.printed.groups import change_sections, group_sections
from proofbox.reports.printed.held import walls_sections
from proofbox.reports.printed.requirements import requirement_sections
from proofbox.reports.view import build_view

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment
    from proofbox.reports.bundle import BundleContent
    from proofbox.reports.papers.paper import Section
    from proofbox.reports.view import ReportView


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
                *_rest(a, view, say),
            ),
            made=a.run.finished_at,
            words=paper_words(say),
        )
    )


def _rest(a: Assessment, view: ReportView, say: Translator) -> Iterator[Section]:
    yield from requirement_sections(view, say)
    yield from group_sections(view, say)
    yield from change_sections(a, view, say)
    yield open_section(a, view, say)
    yield from documents_sections(a, say)
    yield from identity_sections(a, say)
    yield from walls_sections(a, view.walls, say)
    yield verify_section(a, say)
    yield measurements_section(a, say)
    yield words_section(view, say)


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
