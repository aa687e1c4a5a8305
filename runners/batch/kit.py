"""What a worker on another machine is given for a batch, and what it gives back: values of ours, and bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from proofbox.policies.loader import LoadedPolicy
from proofbox.reports.batch import BatchRow
from proofbox.runners.assessing.settings import Settings
from proofbox.runners.batch.one import Wanted
from proofbox.runners.batch.pool import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchKit:
    """What is done with every submission, wherever; no key and no ledger is among it, but whether one is kept."""

    policies: tuple[LoadedPolicy, ...]
    settings: Settings
    budget: Budget
    as_of: str | None = None
    """The day that was asked for, if any."""
    counted: bool = False
    """Whether who sent this writes attempts down, and is asked before anything is measured."""
    attestation_pems: tuple[bytes, ...] = ()
    """Public keys that ``settings`` have not: a key is no value that travels, its PEM is."""

    def whole(self) -> Settings:
        """Return the settings with their public keys."""
        from proofbox.reports.signing.keys import read_public_key

        return replace(self.settings, attestation_keys=tuple(map(read_public_key, self.attestation_pems)))


def kit_of(wanted: Wanted, budget: Budget) -> BatchKit:
    """Return what of a batch goes to another machine."""
    from proofbox.reports.signing.keys import public_pem

    return BatchKit(
        policies=wanted.policies,
        settings=replace(wanted.settings, attestation_keys=()),
        budget=budget,
        as_of=wanted.as_of,
        counted=wanted.publishing.ledger is not None,
        attestation_pems=tuple(map(public_pem, wanted.settings.attestation_keys)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """Why a node may hold no submission."""

    why: str
    walls: bool = False
    """Whether it is for its walls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What a worker says of one submission."""

    row: BatchRow
    files: Mapping[str, bytes] = field(default_factory=dict)
    """The bundle, path below its folder -> bytes; empty where there is none."""
