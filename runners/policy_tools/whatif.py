"""Judge many stored assessments under a draft policy: who would change, and by which requirements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.policies.loader import LoadedPolicy, load_policy
from proofbox.reports.archive.entries import LeftOut
from proofbox.runners.evidence.finding import Shelf
from proofbox.runners.evidence.judging import judged_anew
from proofbox.runners.evidence.reading import Told, read_all

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
    unread: tuple[LeftOut, ...]


def what_if(draft: str, sources: Sequence[str], shelf: Shelf, told: Told) -> WhatIf:
    """Judge bundles under a draft policy.

    Parameters
    ----------
    draft
        A shipped policy's id, or a path.
    sources
        Bundles and folders of bundles, as ``archive`` takes them.
    told
        Told after each bundle how many were whole, and how many left out.

    Raises
    ------
    BadPolicyError, UnknownPolicyError
        The draft cannot be read.
    UsageError
        There is no bundle at these places.
    PublishError
        The store could not be read.
    """
    policy = load_policy(draft)
    read = read_all(sources, shelf, lambda name, content: judged_row(name, content.assessment, policy), told)
    return WhatIf(policy=policy.policy.id, version=policy.policy.version, rows=read.made, unread=read.left_out)


def judged_row(name: str, recorded: Assessment, policy: LoadedPolicy) -> Row:
    """Judge one recorded assessment under a policy and say what changed."""
    judged = judged_anew(recorded, [policy])
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
