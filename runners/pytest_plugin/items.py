"""The items: a collector for the submission, one for each control, and an item for each requirement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from proofbox.policies.errors import PoliciesError
from proofbox.reports.console import safe_terminal
from proofbox.reports.exports.entries import Entry, cases_of, entries, reason_of, remedy_of, title_of
from proofbox.reports.i18n import Translator
from proofbox.runners.pytest_plugin.shared import NotAssessedError

if TYPE_CHECKING:
    from proofbox.policies.model import Control, Requirement
    from proofbox.runners.pytest_plugin.session import Session


class NotMetError(Exception):
    """A requirement that is not met; its text is what pytest shows."""


class Requirements(pytest.File):
    """All requirements of the session's policies."""

    proofbox: Session

    def collect(self) -> Iterator[ControlItems]:
        """Yield one collector for each control, in the order of the policies."""
        try:
            policies = self.proofbox.policies()
        except PoliciesError as err:
            raise self.CollectError(safe_terminal(str(err)).replace("\\u000a", "\n")) from err
        for loaded in policies:
            for control in loaded.policy.controls:
                # A control's id is its policy's own; two policies may have one of the same.
                name = control.id if len(policies) == 1 else f"{loaded.policy.id}:{control.id}"
                collector: ControlItems = ControlItems.from_parent(self, name=name)
                collector.proofbox, collector.policy, collector.control = self.proofbox, loaded.policy.id, control
                yield collector


class ControlItems(pytest.Collector):
    """The requirements of one control."""

    proofbox: Session
    policy: str
    control: Control

    def collect(self) -> Iterable[RequirementItem]:
        """Yield one item for each requirement."""
        for requirement in self.control.requirements:
            item: RequirementItem = RequirementItem.from_parent(self, name=requirement.id)
            item.proofbox, item.policy, item.requirement = self.proofbox, self.policy, requirement
            yield item


class RequirementItem(pytest.Item):
    """One requirement; it passes if its verdict is a pass."""

    proofbox: Session
    policy: str
    requirement: Requirement

    def runtest(self) -> None:
        """Tell the verdict in pytest's words.

        Raises
        ------
        NotMetError
            The requirement failed, is inconclusive, ended in an error or was not run.
        NotAssessedError
            Nothing was assessed.
        """
        entry = self._entry()
        finding = entry.finding
        self.user_properties += [("proofbox.verdict", finding.verdict), ("proofbox.level", finding.level)]
        self.user_properties += [(f"proofbox.{item.measure}", repr(item.value)) for item in entry.measurements[:1]]
        reason = reason_of(entry, Translator("en"))
        if entry.standing == "met":
            return
        if entry.standing == "without":
            pytest.skip(f"not applicable: {reason}")
        if entry.waived:
            pytest.xfail(f"waived: {reason}")
        if entry.standing == "advice" and self.proofbox.level == "must":
            pytest.xfail(f"advised, not required: {finding.verdict}: {reason}")
        # With --runxfail the two lines above do nothing, and what is not met fails.
        raise NotMetError("\n".join(_lines(entry)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401
        """Show the finding and not our own lines of code."""
        if isinstance(excinfo.value, NotMetError):
            return str(excinfo.value)
        if isinstance(excinfo.value, NotAssessedError):
            return f"nothing was assessed:\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the submission and the item's name."""
        return self.path, None, f"{self.parent.name if self.parent else ''}::{self.name}"

    def _entry(self) -> Entry:
        wanted = (self.policy, self.requirement.id)
        for entry in entries(self.proofbox.assessment()):
            if (entry.finding.policy, entry.finding.requirement) == wanted:
                return entry
        raise NotAssessedError(f"the assessment has no finding for {self.requirement.id}")


def _lines(entry: Entry) -> Iterator[str]:
    translator = Translator("en")
    finding = entry.finding
    yield f"{finding.requirement} ({finding.level}) {finding.verdict.upper()}: {title_of(entry, translator)}"
    yield reason_of(entry, translator)
    yield from (f"- {safe_terminal(translator.sentence(reason))}" for reason in finding.further)
    yield from (f"- {said}" for said in cases_of(entry, translator))
    if remedy := remedy_of(entry, translator):
        yield f"What to do: {remedy}"
    if finding.rows_needed:
        yield f"About {finding.rows_needed} further rows of the same kind would probably settle it."
