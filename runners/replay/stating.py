"""State under a signature that a replay agreed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.replays import keep_replay, replay_statement

if TYPE_CHECKING:
    from proofbox.reports.signing.interface import Signer, Stamper
    from proofbox.runners.replay.again import Replayed


def keep(bundle: Path, replayed: Replayed, signer: Signer | None, stamper: Stamper | None) -> Path | None:
    """Write the signed statement beside the bundle; None without a key, and where the replay did not agree.

    Raises
    ------
    SigningFailedError
        The token or the time stamp authority refused.
    BundleWriteError
        The disk refused.
    """
    if signer is None or not replayed.agreement.agrees:
        return None
    statement = replay_statement(replayed.recorded, replayed.agreement, replayed.again.run)
    return keep_replay(bundle, statement, signer, stamper)
