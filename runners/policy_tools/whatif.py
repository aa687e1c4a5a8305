"""Judge many stored assessments under a draft policy: who would change, and by which requirements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.policies.facts import Facts
from proofbox.policies.judge import judge
from proofbox.policies.loader import LoadedPolicy, load_policy
from proofbox.reports.bundle import read_bundle
from proofbox.reports.errors import ReportsError
from proofbox.runners.errors import UsageError
from proofbox.runners.evidence.bundles import BY_RUN, bundle_folder
from proofbox.runners.evidence.judging import evidence_of

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment, Conclusion, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One bundle, before and after."""

    bundle: str
    product: str
    before: Conclusion
    after: Conclusion
    verdicts: tuple[tuple[str, Verdict, Verdict], ...]
    """(requirement, recorded verdict, verdict under the draft) where both have one and they differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """Every bundle that could be read, and those that could not."""

    policy: str
    version: str
    rows: tuple[Row, ...]
    unread: tuple[tuple[str, str], ...]
    """(bundle, why) of those that were left out."""


def what_if(draft: str, paths: Sequence[Path], tracking_uri: str | None = None) -> WhatIf:
    """Judge bundles under a draft policy.

    Parameters
    ----------
    draft
        A shipped policy's id, or a path.
    paths
        Bundles (folders, a ``.zip``, ``mlflow:RUN_ID``), or folders of bundles.
    tracking_uri
        Store of the runs; used for ``mlflow:RUN_ID`` alone.

    Raises
    ------
    BadPolicyError, UnknownPolicyError
        The draft cannot be read.
    UsageError
        There is no bundle at these paths.
    """
    policy = load_policy(draft)
    rows: list[Row] = []
    unread: list[tuple[str, str]] = []
    for path in _bundles(paths):
        try:
            with bundle_folder(path, tracking_uri) as folder:
                recorded = read_bundle(folder).assessment
            rows.append(judged_row(str(path), recorded, policy))
        except ReportsError as err:
            unread.append((str(path), str(err)))
    return WhatIf(policy=policy.policy.id, version=policy.policy.version, rows=tuple(rows), unread=tuple(unread))


def judged_row(name: str, recorded: Assessment, policy: LoadedPolicy) -> Row:
    """Judge one recorded assessment under a policy and say what changed."""
    judged = judge([policy], Facts.from_subject(recorded.subject), evidence_of(recorded), settle=False)
    before = {finding.requirement: finding.verdict for finding in recorded.findings}
    product = recorded.subject.product
    return Row(
        bundle=name,
        product=f"{product.get('name', '')} {product.get('version', '')}".strip(),
        before=recorded.conclusion,
        after=judged.conclusion,
        verdicts=tuple(
            (finding.requirement, before[finding.requirement], finding.verdict)
            for finding in judged.findings
            if before.get(finding.requirement, finding.verdict) != finding.verdict
        ),
    )


def _bundles(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield every bundle, sorted within its folder.

    Raises
    ------
    UsageError
        A path holds none.
    """
    for path in paths:
        found = [path] if _is_bundle(path) else sorted(item for item in _children(path) if _is_bundle(item))
        if not found:
            raise UsageError(f"{path}: no evidence bundle, and no folder of bundles (a bundle holds manifest.json)")
        yield from found


def _is_bundle(path: Path) -> bool:
    return str(path).startswith(BY_RUN) or path.suffix.lower() == ".zip" or (path / "manifest.json").is_file()


def _children(path: Path) -> Iterable[Path]:
    """Return what a folder holds; hidden folders are bundles whose writing was broken off."""
    try:
        return [item for item in path.iterdir() if not item.name.startswith(".")]
    except OSError:
        return []
