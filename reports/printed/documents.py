"""What the documents say, and what the model is made of: the page's section, printed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proofbox.reports.documents import documents_view
from proofbox.reports.papers.paper import Block, Section, Table, Words
from proofbox.reports.printed.pieces import figure, places, table, text

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment
    from proofbox.reports.documents import DocumentsView
    from proofbox.reports.i18n import Translator

MOST_ROWS = 100


def documents_sections(a: Assessment, say: Translator) -> Iterator[Section]:
    """Yield the section; nothing where nobody looked at documents."""
    view = documents_view(a.measurements)
    if view is None:
        return
    title = say.gettext("What the documents say, and what the model is made of")
    yield Section(title=title, basis="", blocks=tuple(_blocks(view, say)))


def _blocks(view: DocumentsView, say: Translator) -> Iterator[Block]:
    if view.record:
        signature = f"{say.text(view.record.signature)} {view.record.signed_by}".rstrip()
        pairs = ((say.gettext("Digest of the model"), view.record.digest), (say.gettext("Signature"), signature))
        yield places(pairs)
        yield from (Words(text=say.sentence(fault)) for fault in view.record.faults[:50])
    if view.blocks:
        yield _documents(view, say)
    if view.claims:
        yield _claims(view, say)
    if view.unread:
        yield Words(
            text=say.gettext(
                "Places that seem to claim a figure and were not read. Nothing was compared with them; a person should"
                " look."
            )
        )
        yield from (Words(text=f"{where}: {say.text(said)}", note=True) for where, said in view.unread[:50])
    if view.listed:
        titles = ((say.gettext("File"), 8), (say.gettext("In the list"), 6))
        rows = ((text(one.path), text(say.text(one.state))) for one in view.listed[:MOST_ROWS])
        yield table(say.gettext("The provider's own list of components"), titles, rows)


def _documents(view: DocumentsView, say: Translator) -> Table:
    titles = (
        *((say.gettext("Document"), 4), (say.gettext("Missing"), 5)),
        (say.gettext("There, and says nothing of its own"), 5),
    )
    rows = (
        (
            text(say.heading(say.text(one.document))),
            text(say.sentence(one.problem) if one.problem else ", ".join(map(say.text, one.missing)) or "–"),
            text("–" if one.problem else ", ".join(map(say.text, one.empty)) or "–"),
        )
        for one in view.blocks
    )
    return table("", titles, rows)


def _claims(view: DocumentsView, say: Translator) -> Table:
    titles = (
        *((say.gettext("Where"), 5), (say.gettext("Measure"), 4), (say.gettext("Claimed"), 3)),
        *((say.gettext("Measured"), 3), (say.gettext("Interval"), 4), (say.gettext("The claim is"), 5)),
    )
    caption = say.gettext(
        "Performance figures that the documents claim, beside what was measured on the submitted data."
    )
    rows = (
        (
            text(one.where),
            text(one.written),
            figure(one.figure),
            figure("–" if one.measured is None else say.measured(one.measured)),
            figure(
                "–" if one.low is None or one.high is None else f"{say.measured(one.low)} – {say.measured(one.high)}"
            ),
            text(say.text(one.state)),
        )
        for one in view.claims[:MOST_ROWS]
    )
    return table(caption, titles, rows)
