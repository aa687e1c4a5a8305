"""How to run, from the options of a command: one reading of them, so that they mean the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from proofbox.runners.commands.options import fetching_of

if TYPE_CHECKING:
    from proofbox.runners.assessing.settings import Settings

_AS_GIVEN = ("seed", "executor", "environment", "most_rows", "allowed_urls", "resume")


def settings_of(given: Mapping[str, object]) -> Settings:
    """Return how to run; what the command has no option for is as it usually is.

    Raises
    ------
    UsageError, KeyFileError, BadDocumentError
        A file of keys, certificates or waivers cannot be read, or is none; told before anything is measured.
    """
    from proofbox.runners.assessing.settings import Settings
    from proofbox.runners.signed.detached import keys_in
    from proofbox.runners.signed.signers import signers_of
    from proofbox.runners.signed.waiving import read_given
    from proofbox.runners.spread.opening import spread_of

    found: dict[str, Any] = {name: given[name] for name in _AS_GIVEN if name in given}
    if given.get("as_of"):
        found["as_of"] = given["as_of"]
    if "allowed_data" in given:
        found["fetching"] = fetching_of(given)
    if "workers" in given:
        found["spread"] = spread_of(given)
    if "model_keys" in given:
        found["signers"] = signers_of(given)
    if "attestation_keys" in given:
        found["attestation_keys"] = keys_in(cast("tuple[Path, ...]", given["attestation_keys"]))
    if "waivers" in given:
        found["waivers"] = read_given(cast("Path | None", given["waivers"]), cast("Path | None", given["waiver_key"]))
    return Settings(**found)
