"""What an archive keeps of one bundle, and the long table of all of them for other programs."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.policies.record import Assessment, Conclusion, Finding, Verdict

ABOUT = (
    "bundle",
    "digest",
    "product",
    "version",
    "provider",
    "sector",
    "started_at",
    "recorded",
    "conclusion",
)
"""What is said of an entry, in the order of its columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One finding of an entry."""

    policy: str
    control: str
    requirement: str
    level: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One bundle of an archive."""

    bundle: str
    """As it was named."""
    digest: str
    """sha256 of its manifest, 64 hex digits."""
    product: str
    version: str
    provider: str
    """The provider's number, or its name where it gives none."""
    sector: str
    started_at: str
    """ISO 8601, UTC, as the run recorded it."""
    recorded: Conclusion
    """What the bundle concludes."""
    conclusion: Conclusion
    """What is concluded from its measurements here: the same, or under other policies."""
    findings: tuple[Judged, ...]

    @property
    def month(self) -> str:
        """The month of the assessment, as ``2026-11``."""
        return self.started_at[:7]

    @property
    def product_key(self) -> tuple[str, str]:
        """What attempts at one product have in common: its provider and its name."""
        return self.provider, self.product

    def to_json(self) -> dict[str, Json]:
        """Return the entry for ``archive --json``."""
        return {
            "bundle": self.bundle,
            "digest": self.digest,
            "product": self.product,
            "version": self.version,
            "provider": self.provider,
            "sector": self.sector,
            "started_at": self.started_at,
            "recorded": self.recorded,
            "conclusion": self.conclusion,
        }


def entry_of(
    name: str, digest: str, assessment: Assessment, conclusion: Conclusion, findings: Iterable[Finding]
) -> Entry:
    """Return what an archive keeps of one assessment, with the findings of the policies that it is viewed under."""
    product = assessment.subject.product
    provider = product.get("provider")
    provider = provider if isinstance(provider, Mapping) else {}
    return Entry(
        bundle=name,
        digest=digest,
        product=str(product.get("name", "")),
        version=str(product.get("version", "")),
        provider=str(provider.get("id") or provider.get("name") or ""),
        sector=str(product.get("sector", "")),
        started_at=assessment.run.started_at,
        recorded=assessment.conclusion,
        conclusion=conclusion,
        findings=tuple(
            Judged(
                policy=finding.policy,
                control=finding.control,
                requirement=finding.requirement,
                level=finding.level,
                verdict=finding.verdict,
            )
            for finding in findings
        ),
    )


def parquet_of(entries: Iterable[Entry]) -> bytes:
    """Return one parquet file with a row for each finding of each entry; equal entries give equal bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [*ABOUT, "policy", "control", "requirement", "level", "verdict"]
    table = pa.Table.from_pylist(list(_rows(entries)), schema=pa.schema([(name, pa.string()) for name in names]))
    place = names.index("started_at")
    table = table.set_column(place, "started_at", table["started_at"].cast(pa.timestamp("ms", tz="UTC")))
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def _rows(entries: Iterable[Entry]) -> Iterator[dict[str, str]]:
    for entry in entries:
        about = {name: str(value) for name, value in entry.to_json().items()}
        for item in entry.findings:
            yield {
                **about,
                "policy": item.policy,
                "control": item.control,
                "requirement": item.requirement,
                "level": item.level,
                "verdict": item.verdict,
            }
