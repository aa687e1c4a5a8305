"""Read waivers and verify their signatures with the key that the caller trusts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.policies.waiver_file import read_waivers
from proofbox.policies.waivers import GivenWaiver, with_waivers
from proofbox.policies.yamlfile import MAX_BYTES
from proofbox.runners.errors import UsageError
from proofbox.runners.signed.detached import keys_in, state_of

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment


def read_given(path: Path | None, key: Path | None) -> tuple[GivenWaiver, ...]:
    """Read a file of waivers and verify what is signed.

    Parameters
    ----------
    path
        None for no waivers.
    key
        Public key in PEM; None: nothing is verified, and what is signed is said to be unchecked.

    Raises
    ------
    UsageError
        A file cannot be read, or there is a key and no waivers.
    KeyFileError
        The key is no public key of a kind that is understood.
    BadDocumentError
        The file is no ``proofbox/waivers/v1``; every problem is told with its place.
    """
    if path is None:
        if key is not None:
            raise UsageError("--waiver-key: got a key without waivers, expected --waivers FILE beside it")
        return ()
    waivers = read_waivers(_read(path, MAX_BYTES + 1), path.name)
    keys = () if key is None else keys_in([key])
    return tuple(
        GivenWaiver(waiver=waiver, signature=state_of(waiver.signature, waiver.signed_bytes(), keys))
        for waiver in waivers
    )


def waive(assessment: Assessment, given: tuple[GivenWaiver, ...], on: str) -> Assessment:
    """Return an assessment whose failed findings carry the waivers that were given; its conclusion stays."""
    findings = with_waivers(assessment.findings, given, assessment.subject, assessment.policies, on)
    return replace(assessment, findings=findings)


def unused(assessment: Assessment, given: tuple[GivenWaiver, ...]) -> list[str]:
    """Return the ids of waivers that stand beside no finding."""
    shown = {finding.waiver["id"] for finding in assessment.findings if finding.waiver is not None}
    return [item.waiver.id for item in given if item.waiver.id not in shown]


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as err:
        raise UsageError(f"{path}: cannot be read ({err.strerror})") from err
