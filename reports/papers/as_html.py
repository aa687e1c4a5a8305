"""A paper as one HTML file that needs no script, no network and no other file, in the look of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.reports.i18n import Translator
from proofbox.reports.pages import render_page
from proofbox.reports.papers.paper import Places, Table

if TYPE_CHECKING:
    from proofbox.reports.papers.paper import Paper

KINDS = {Places: "places", Table: "table"}
"""Block -> what the template calls it; every other is words."""


def html_bytes(paper: Paper) -> bytes:
    """Return a paper as HTML in UTF-8; equal papers give equal bytes."""
    return render_page("paper.html.j2", Translator(paper.language), paper=paper, kinds=KINDS).encode()
