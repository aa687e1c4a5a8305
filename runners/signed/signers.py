"""The keys and certificates that whoever runs an assessment gives, read and tried before anything else is done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, cast

from proofbox.checks.errors import BadDataError
from proofbox.checks.signatures.signers import fingerprint
from proofbox.checks.subject import Signer
from proofbox.runners.errors import UsageError

MOST_BYTES = 100_000


def signers_of(given: Mapping[str, object]) -> tuple[Signer, ...]:
    """Return the signers that the options ``--model-key`` and ``--model-certificate`` name.

    Raises
    ------
    UsageError
        A file cannot be read, or holds no key or certificate of the kinds that are understood.
    """
    keys = (_signer("key", path) for path in cast("tuple[Path, ...]", given["model_keys"]))
    certificates = (_signer("certificate", path) for path in cast("tuple[Path, ...]", given["model_certificates"]))
    return (*keys, *certificates)


def _signer(kind: Literal["key", "certificate"], path: Path) -> Signer:
    option = f"--model-{kind} {path}"
    try:
        with path.open("rb") as file:
            pem = file.read(MOST_BYTES + 1)
    except OSError as err:
        why = (err.strerror or "cannot be read").lower()
        raise UsageError(f"{option}: {why}; give the path of a file in PEM") from err
    if len(pem) > MOST_BYTES:
        raise UsageError(f"{option}: got more than {MOST_BYTES} bytes, expected one {kind} in PEM")
    signer = Signer(kind=kind, pem=pem)
    try:
        fingerprint(signer)
    except BadDataError as err:
        raise UsageError(f"{option}: {err}") from err
    return signer
