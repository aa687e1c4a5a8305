"""How the model was held while it ran: the walls as they were tried, the limits, and the run itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proofbox.reports import vocabulary
from proofbox.reports.papers.paper import Places, Section, Table, Words
from proofbox.reports.printed.pieces import figure, places, scalar, table, text

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment
    from proofbox.reports.i18n import Translator
    from proofbox.reports.walls import WallsView


def walls_sections(a: Assessment, walls: WallsView, say: Translator) -> Iterator[Section]:
    """Yield how the model was held while it ran."""
    held = say.gettext(
        "The model ran in a process of its own behind walls, and never in the program that measures. Before it was"
        " loaded the walls were tried by attacking them; this is what came of it."
    )
    said = held if walls.isolated else say.text(vocabulary.NOT_ISOLATED)
    if walls.isolated is None:
        said = say.gettext("The model was not loaded in this run.")
    executor = Words(text=say.gettext("Executor: {name}", name=a.run.executor))
    title = say.gettext("How the model was held while it ran")
    yield Section(title=title, basis="", blocks=(Words(text=said), executor))
    if walls.attempts:
        title = say.gettext("Walls, as tried in this run")
        yield Section(title=title, basis="", blocks=(_attempts(walls, say),), level=2)
    yield Section(title=say.gettext("Limits"), basis="", blocks=(_limits(walls, say),), level=2)
    yield Section(title=say.gettext("Run, platform and packages"), basis="", blocks=(_run(a, say),), level=2)


def _attempts(walls: WallsView, say: Translator) -> Table:
    titles = (
        *((say.gettext("Attempt"), 6), (say.gettext("Outcome"), 2)),
        *((say.gettext("What came of it"), 5), (say.gettext("Enforced by"), 4)),
    )
    rows = (
        (
            text(say.text(one.about) if one.about else "", one.probe),
            text(f"✓ {say.gettext('held')}" if one.held else f"✕ {say.gettext('got through')}"),
            text(vocabulary.word(say, vocabulary.GOT, one.got)),
            text(vocabulary.word(say, vocabulary.ENFORCERS, one.enforced_by)),
        )
        for one in walls.attempts
    )
    return table("", titles, rows)


def _limits(walls: WallsView, say: Translator) -> Table:
    titles = ((say.gettext("Limit"), 5), (say.gettext("Value"), 3), (say.gettext("Enforced by"), 5))
    rows = (
        (
            text(vocabulary.word(say, vocabulary.FIELDS, one.name)),
            figure(scalar(one.value, say)),
            text(vocabulary.word(say, vocabulary.ENFORCERS, one.enforced_by) if one.enforced_by else "–"),
        )
        for one in walls.limits
    )
    return table("", titles, rows)


def _run(a: Assessment, say: Translator) -> Places:
    return places(
        (
            (say.gettext("Seed"), str(a.run.seed)),
            (say.gettext("Started"), say.moment(a.run.started_at)),
            (say.gettext("Finished"), say.moment(a.run.finished_at)),
            (say.gettext("Runner"), a.run.runner),
            (say.gettext("Platform"), a.run.platform),
            (say.gettext("Packages"), scalar(dict(a.run.packages), say)),
        )
    )
