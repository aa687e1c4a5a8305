"""Try one policy by the fixtures beside it, and write derived ones where that is asked for."""

from __future__ import annotations

from pathlib import Path

from proofbox.policies.fixtures import Cases, fixture_lines, fixtures_path, read_fixtures
from proofbox.policies.loader import LoadedPolicy, bases, load_policy
from proofbox.policies.meant import conditions
from proofbox.policies.model import Policy
from proofbox.policies.selftest import SelfTest, all_fixtures, selftest
from proofbox.runners.errors import UsageError


def try_policy(name: str, fixtures: Path | None = None, *, write: bool = False) -> SelfTest:
    """Return what the fixtures of a policy say of it; those of what it extends count where it changes nothing.

    Parameters
    ----------
    name
        A shipped policy's id, or a path.
    fixtures
        File of fixtures; None for the one beside the policy, where there is one.
    write
        Whether to write fixtures derived from every criterion to that file first, over what it holds; those that are
        inherited are left where they are.

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
        _write(path, name, loaded)
    own = read_fixtures(path) if fixtures is not None or path.is_file() else {}
    return selftest(loaded, {**_inherited(name, loaded.policy), **own})


def _inherited(name: str, policy: Policy) -> dict[str, Cases]:
    """Return the fixtures of what a policy extends, for the requirements that it leaves as they are."""
    found: dict[str, Cases] = {}
    for base in bases(name, policy):
        extended = load_policy(base).policy
        path = fixtures_path(base)
        theirs = {**_inherited(base, extended), **(read_fixtures(path) if path.is_file() else {})}
        kept = _meant(extended).items() & _meant(policy).items()
        found |= {key: theirs[key] for key, _ in kept if key in theirs}
    return found


def _meant(policy: Policy) -> dict[str, str]:
    """Return each requirement's id -> all that its fixtures depend on."""
    return {
        requirement.id: f"{requirement!r} {conditions(control, requirement)!r}"
        for control in policy.controls
        for requirement in control.requirements
    }


def _write(path: Path, name: str, loaded: LoadedPolicy) -> None:
    inherited = _inherited(name, loaded.policy)
    own = [cases for cases in all_fixtures(loaded.policy, {}) if cases.requirement not in inherited]
    lines = fixture_lines(loaded.policy.id, own)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as err:
        raise UsageError(f"{path}: cannot be written ({err.strerror})") from err
