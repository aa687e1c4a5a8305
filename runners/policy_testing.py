"""Try one policy by the fixtures beside it, and write derived ones where that is asked for."""

from __future__ import annotations

from pathlib import Path

from proofbox.policies.fixtures import fixture_lines, fixtures_path, read_fixtures
from proofbox.policies.loader import LoadedPolicy, load_policy
from proofbox.policies.selftest import SelfTest, all_fixtures, selftest
from proofbox.runners.errors import UsageError


def try_policy(name: str, fixtures: Path | None = None, *, write: bool = False) -> SelfTest:
    """Return what the fixtures of a policy say of it.

    Parameters
    ----------
    name
        A shipped policy's id, or a path.
    fixtures
        File of fixtures; None for the one beside the policy, where there is one.
    write
        Whether to write fixtures derived from every criterion to that file first, over what it holds.

    Raises
    ------
    BadPolicyError, UnknownPolicyError, BadDocumentError
        The policy or its fixtures cannot be read.
    UsageError
        The file cannot be written.
    """
    loaded = load_policy(name)
    path = fixtures or fixtures_path(name)
    if write:
        _write(path, loaded)
    own = read_fixtures(path) if fixtures is not None or path.is_file() else {}
    return selftest(loaded, own)


def _write(path: Path, loaded: LoadedPolicy) -> None:
    lines = fixture_lines(loaded.policy.id, all_fixtures(loaded.policy, {}))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as err:
        raise UsageError(f"{path}: cannot be written ({err.strerror})") from err
