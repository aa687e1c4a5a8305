"""Ask both models about their evaluation rows once more, so that their answers can be compared row by row.

No bundle holds what was answered for a row (docs/decisions): whoever wants the paired tests gives both submissions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.checks.dataparts import data_digest
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import Text, t
from proofbox.runners.assessing.assess import taken_in
from proofbox.runners.assessing.settings import Settings
from proofbox.runners.hosted.deciding import recorded_decisions
from proofbox.runners.hosted.hosting import Hosting, open_hosting
from proofbox.runners.hosted.walls import Walls
from proofbox.runners.replay.again import require_subject
from proofbox.sandbox.errors import ModelError

if TYPE_CHECKING:
    from proofbox.policies.record import SubjectRecord
    from proofbox.runners.submitted.resolve import Resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The evaluation rows of one submission and what was decided about each."""

    data: Dataset
    sha256: str
    """Of the evaluation rows' file or parts."""
    decisions: Decisions


@contextmanager
def answers(source: Path, subject: SubjectRecord, settings: Settings) -> Iterator[Answers | Text]:
    """Give the answers for as long as the context lasts, or the reason why there are none.

    Parameters
    ----------
    subject
        The submission must be, byte for byte, the one that was assessed.

    Raises
    ------
    UsageError
        It is another one.
    IsolationError
        The walls could not be had or proven.
    """
    hosting = Hosting(walls=Walls(settings.executor, settings.limits))
    with taken_in(source, hosting.walls, settings) as (intake, resolved, _raw):
        require_subject(intake, subject, source)
        if resolved.evaluation.source is not None:
            yield t("the rows are too many to be held at once, and pairing needs all of them")
            return
        try:
            decided = _decided(resolved, hosting, settings)
        except (ModelError, ModelFailedError) as err:
            yield t("the model did not answer: {what}", what=str(err))
            return
        if isinstance(decided, Text):
            yield decided
            return
        sha256 = data_digest(resolved.subject.files, resolved.evaluation.path)
        assert sha256 is not None
        yield Answers(data=resolved.evaluation, sha256=sha256, decisions=decided)


def _decided(resolved: Resolved, hosting: Hosting, settings: Settings) -> Decisions | Text:
    data = resolved.evaluation
    if resolved.subject.model_path is not None:
        with open_hosting(resolved, settings.limits, hosting, settings.environment) as model:
            return model.predict(data.feature_table())
    if data.prediction is None:
        return t("there is neither a model nor a column of recorded predictions")
    return recorded_decisions(data.table.column(data.prediction), data.positive_label)
