"""Go through an archive: find the bundles, verify each, judge it again where other policies are given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.policies.facts import Facts
from proofbox.policies.judge import judge
from proofbox.policies.loader import LoadedPolicy, load_policy
from proofbox.reports.archive.entries import Entry, entry_of
from proofbox.reports.bundle import read_bundle
from proofbox.reports.errors import ReportsError
from proofbox.runners.errors import UsageError
from proofbox.runners.evidence.bundles import bundle_folder
from proofbox.runners.evidence.judging import evidence_of

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Every bundle that is whole, and those that are not."""

    entries: tuple[Entry, ...]
    unread: tuple[tuple[str, str], ...]
    """(bundle, why) of those that are tampered, incomplete or no bundle."""
    policies: tuple[str, ...]
    """id and version of the policies that it is viewed under; empty: each bundle's own."""


def read_archive(sources: Sequence[str], policy_names: Sequence[str], tracking_uri: str | None = None) -> Archive:
    """Verify every bundle, and judge it.

    Parameters
    ----------
    sources
        Bundles (a folder, a ``.zip`` or ``mlflow:RUN_ID``) and folders of bundles, in which they are looked for at any
        depth.
    policy_names
        Policies to judge all of them under; none for the findings that each bundle records.

    Raises
    ------
    UsageError
        There is no bundle.
    BadPolicyError, UnknownPolicyError
        A policy cannot be read.
    """
    policies = [load_policy(name) for name in dict.fromkeys(policy_names)]
    entries, unread = [], []
    for name in _found(sources):
        try:
            with bundle_folder(name, tracking_uri) as folder:
                content = read_bundle(folder)
            entries.append(_entry(name, content.bundle.digest, content.assessment, policies))
        except ReportsError as err:
            unread.append((name, str(err)))
    if not entries and not unread:
        raise UsageError(f"{', '.join(sources)}: no evidence bundle in it (a bundle is a folder with manifest.json)")
    return Archive(
        entries=tuple(entries),
        unread=tuple(unread),
        policies=tuple(f"{one.policy.id} {one.policy.version}" for one in policies),
    )


def _entry(name: str, digest: str, recorded: Assessment, policies: Sequence[LoadedPolicy]) -> Entry:
    if not policies:
        return entry_of(name, digest, recorded, recorded.conclusion, recorded.findings)
    judged = judge(policies, Facts.from_subject(recorded.subject), evidence_of(recorded), settle=False)
    return entry_of(name, digest, recorded, judged.conclusion, judged.findings)


def _found(sources: Iterable[str]) -> Iterator[str]:
    for source in sources:
        path = Path(source)
        if not path.is_dir() or (path / "manifest.json").exists():
            yield source
            continue
        below = sorted(path.rglob("manifest.json")) + sorted(path.rglob("*.zip"))
        yield from (str(one.parent if one.name == "manifest.json" else one) for one in below)
