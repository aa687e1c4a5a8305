"""What an archive keeps of one bundle, and the long table of all of them for other programs."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.policies.record import Assessment, Conclusion, Finding, Verdict, Words

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
_ENTRIES_AT_A_TIME = 500
"""Of some eighty findings each: rows of the file are made and written by so many, not all at once."""


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
    """ISO 8601 in UTC, to the millisecond."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A bundle that counts nowhere: tampered, incomplete, none at all, or of a record that nobody can judge."""

    bundle: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Every bundle that is whole, and those that are not."""

    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...] = ()
    again: tuple[tuple[str, str], ...] = ()
    """(bundle, the one that is counted) of those that stand at two places: equal digests are one assessment."""
    policies: tuple[str, ...] = ()
    """id and version of the policies that it is viewed under; empty: each bundle's own."""
    titles: Mapping[tuple[str, str], Words] = field(default_factory=dict)
    """(policy, control) -> its title, of those policies: what a bundle calls a control is its maker's word."""


def entry_of(
    name: str, digest: str, assessment: Assessment, conclusion: Conclusion, findings: Iterable[Finding]
) -> Entry:
    """Return what an archive keeps of one assessment, with the findings of the policies that it is viewed under.

    Raises
    ------
    ValueError
        The record's moment is none, or a name in it is no Unicode: a table of many cannot hold it.
    """
    product = assessment.subject.product
    provider = product.get("provider")
    provider = provider if isinstance(provider, Mapping) else {}
    entry = Entry(
        bundle=name,
        digest=digest,
        product=str(product.get("name", "")),
        version=str(product.get("version", "")),
        provider=str(provider.get("id") or provider.get("name") or ""),
        sector=str(product.get("sector", "")),
        started_at=_moment(assessment.run.started_at),
        recorded=assessment.conclusion,
        conclusion=conclusion,
        findings=tuple(
            judged_as(finding.policy, finding.control, finding.requirement, finding.level, finding.verdict)
            for finding in findings
        ),
    )
    # A lone surrogate is what JSON can say and a file in UTF-8 cannot.
    for text in (entry.product, entry.version, entry.provider, entry.sector):
        text.encode()
    return entry


@lru_cache(maxsize=1 << 16)
def judged_as(policy: str, control: str, requirement: str, level: str, verdict: Verdict) -> Judged:
    """Return a finding, one object for all equal ones: a hundred thousand bundles share a few hundred of them."""
    for text in (policy, control, requirement):
        text.encode()
    return Judged(policy=policy, control=control, requirement=requirement, level=level, verdict=verdict)


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"run.started_at: got {text[:40]!r}, expected a moment with its time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def parquet_of(entries: Iterable[Entry]) -> bytes:
    """Return one parquet file with a row for each finding of each entry; equal entries give equal bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [*ABOUT, "policy", "control", "requirement", "level", "verdict"]
    moment = pa.timestamp("ms", tz="UTC")
    schema = pa.schema([(name, moment if name == "started_at" else pa.string()) for name in names])
    out, rest = io.BytesIO(), iter(entries)
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        while some := list(islice(rest, _ENTRIES_AT_A_TIME)):
            table = pa.Table.from_pylist(list(_rows(some)), schema=schema)
            writer.write_table(table)
    return out.getvalue()


def _rows(entries: Iterable[Entry]) -> Iterator[dict[str, object]]:
    for entry in entries:
        about = {**entry.to_json(), "started_at": datetime.fromisoformat(entry.started_at)}
        for item in entry.findings:
            yield {
                **about,
                "policy": item.policy,
                "control": item.control,
                "requirement": item.requirement,
                "level": item.level,
                "verdict": item.verdict,
            }
