"""Go through an archive: find the bundles, verify each, judge it again where other policies are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.policies.loader import LoadedPolicy, load_policy
from proofbox.reports.archive.entries import Archive, Entry, entry_of
from proofbox.runners.archive.journal import Journal, keep_journal
from proofbox.runners.evidence.finding import Shelf
from proofbox.runners.evidence.judging import day_or_today, judged_anew
from proofbox.runners.evidence.reading import Told, read_all

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment
    from proofbox.reports.bundle import BundleContent


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How an archive is looked at."""

    policies: tuple[str, ...] = ()
    """Policies to judge all bundles under; none for the findings that each records."""
    on: str = ""
    """The day that attestations are held against, ``YYYY-MM-DD``; today where it is empty."""
    journal: Path | None = None
    """File in which each bundle is noted as soon as it was judged; None: none is kept."""
    resume: bool = False
    """Whether what the journal holds of a bundle with the same name and digest is taken from there."""


def read_archive(sources: Sequence[str], shelf: Shelf, view: View, told: Told) -> Archive:
    """Verify every bundle, and judge it.

    Parameters
    ----------
    sources
        Bundles (a folder, a ``.zip`` or ``mlflow:RUN_ID``), folders of bundles, in which they are looked for at any
        depth, and ``mlflow:`` for all assessments of the store.
    told
        Told after each bundle how many were whole, and how many left out.

    Raises
    ------
    UsageError
        There is no bundle, the day is none, or the journal is of another view.
    BadPolicyError, UnknownPolicyError
        A policy cannot be read.
    PublishError
        The store could not be read.
    """
    policies = [load_policy(name) for name in dict.fromkeys(view.policies)]
    day = day_or_today(view.on)
    with keep_journal(view.journal, policies, day, resume=view.resume) as journal:
        read = read_all(sources, shelf, _Work(policies, day, journal), told, journal.known)
    entries, again = _once_each(read.made)
    return Archive(
        entries=entries,
        left_out=read.left_out,
        again=again,
        policies=tuple(f"{one.policy.id} {one.policy.version}" for one in policies),
        titles={
            (one.policy.id, control.id): control.title.words() for one in policies for control in one.policy.controls
        },
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """What is done with each bundle that is whole."""

    policies: Sequence[LoadedPolicy]
    day: str
    journal: Journal

    def __call__(self, name: str, content: BundleContent) -> Entry:
        entry = self._entry(name, content.bundle.digest, content.assessment)
        self.journal.note(entry)
        return entry

    def _entry(self, name: str, digest: str, recorded: Assessment) -> Entry:
        if not self.policies:
            return entry_of(name, digest, recorded, recorded.conclusion, recorded.findings)
        judged = judged_anew(recorded, self.policies, self.day)
        return entry_of(name, digest, recorded, judged.conclusion, judged.findings)


def _once_each(entries: Sequence[Entry]) -> tuple[tuple[Entry, ...], tuple[tuple[str, str], ...]]:
    first: dict[str, Entry] = {}
    for entry in entries:
        first.setdefault(entry.digest, entry)
    again = ((entry.bundle, first[entry.digest].bundle) for entry in entries if first[entry.digest] is not entry)
    return tuple(first.values()), tuple(again)
