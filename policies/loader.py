"""Load a policy with all that it extends, or tell every mistake in it with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from proofbox.checks.outline import Outlines
from proofbox.checks.plugins import POLICIES, folder_of, plugins
from proofbox.policies.attempts import attempts_problems
from proofbox.policies.canonical import digest
from proofbox.policies.contradictions import contradictions, vacuous
from proofbox.policies.errors import BadDocumentError, BadPolicyError, Problem, UnknownPolicyError
from proofbox.policies.family_rules import family_problems
from proofbox.policies.meaning import Checks, meaning_problems
from proofbox.policies.model import Control, Family, Policy
from proofbox.policies.overlay import loosened, merged
from proofbox.policies.validation import check, nearest
from proofbox.policies.yamlfile import MAX_BYTES, Document, read_own_yaml, read_yaml

MAX_EXTENDS = 16
_PACKS = Path(__file__).with_name("packs")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySource:
    """One file that a policy was made of, with its exact bytes."""

    name: str
    """File name, unique among the sources of one policy."""
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPolicy:
    """A policy ready to be judged by."""

    policy: Policy
    """With the controls of everything that it extends."""
    digest: str
    """sha256 over the canonical form of ``policy``, 64 hex digits."""
    sources: tuple[PolicySource, ...]
    """The policy's own file first, then those it extends."""


def shipped() -> tuple[str, ...]:
    """Return the ids of the policies that come with the product, sorted."""
    names = (entry.name for entry in _PACKS.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def by_others() -> Mapping[str, Path]:
    """Return id -> file of the policies that plug-ins bring: ``<family>-*.yaml`` in the package that they name."""
    found: dict[str, Path] = {}
    for plugin in plugins(POLICIES):
        folder = folder_of(plugin.package)
        for path in sorted(folder.glob(f"{plugin.family}-*.yaml")) if folder is not None else ():
            found.setdefault(path.stem, path)
    return {name: found[name] for name in sorted(found) if name not in shipped()}


def load_policy(id_or_path: str, *, checks: Checks | None = None) -> LoadedPolicy:
    """Return a policy by the id of a shipped pack or the path of a file.

    Parameters
    ----------
    id_or_path
        ``vn-trusted-ai``, or anything with a ``/`` or the suffix ``.yaml`` or ``.yml``.
    checks
        The checks that exist; those of the product where it is left out.

    Raises
    ------
    UnknownPolicyError
        There is no such pack or file; the message names the nearest ones.
    BadPolicyError
        Something in it, or in a policy that it extends, is wrong; ``problems`` holds every mistake.
    """
    path = _locate(id_or_path, Path())
    return load_file(path, Outlines() if checks is None else checks, _locate, own=True)


def load_file(path: Path, checks: Checks, locate: Callable[[str, Path], Path], *, own: bool = False) -> LoadedPolicy:
    """Return the policy of one file; ``locate`` finds what a policy in a given folder extends, or raises as it does.

    Parameters
    ----------
    own
        Whether the files are those of whoever runs Proofbox, and no stranger's.

    Raises
    ------
    UnknownPolicyError, BadPolicyError
        As :func:`load_policy`.
    """
    loader = _Loader(checks, locate, own=own)
    loaded = loader.load(path, ())
    if loader.problems or loaded is None:
        raise BadPolicyError(tuple(loader.problems))
    return LoadedPolicy(policy=loaded, digest=policy_digest(loaded), sources=tuple(loader.sources))


def lint(id_or_path: str, *, checks: Checks | None = None) -> tuple[Problem, ...]:
    """Return every problem of a policy, none if it is well.

    Raises
    ------
    UnknownPolicyError
        There is no such pack or file.
    """
    try:
        load_policy(id_or_path, checks=checks)
    except BadPolicyError as err:
        return err.problems
    return ()


def policy_digest(policy: Policy) -> str:
    """Return the sha256 over the canonical form of a policy, 64 hex digits.

    Keys that hold their default are left out, so that a later version of the format which adds keys does not change
    the digest of a policy that does not use them.
    """
    return digest(policy.model_dump(mode="json", by_alias=True, exclude_defaults=True))


def policy_path(id_or_path: str) -> Path:
    """Return the file of a policy by the id of a shipped pack or a path.

    Raises
    ------
    UnknownPolicyError
        There is no such pack or file; the message names the nearest ones.
    """
    return _locate(id_or_path, Path())


def bases(id_or_path: str, policy: Policy) -> tuple[str, ...]:
    """Return what a policy extends, each as :func:`load_policy` finds it from anywhere."""
    folder = policy_path(id_or_path).parent
    return tuple(str(folder / name) if _is_path(name) else name for name in policy.extends)


def _is_path(text: str) -> bool:
    return "/" in text or "\\" in text or text.endswith((".yaml", ".yml"))


def _locate(id_or_path: str, folder: Path) -> Path:
    if not _is_path(id_or_path):
        if id_or_path not in shipped():
            if (path := by_others().get(id_or_path)) is not None:
                return path
            hint = nearest(id_or_path, (*shipped(), *by_others()))
            said = f"; {hint}" if hint else ""
            valid = f"shipped are: {', '.join(shipped())}; a path ends in .yaml"
            raise UnknownPolicyError(f"no policy '{id_or_path}'{said} ({valid})")
        return _PACKS / f"{id_or_path}.yaml"
    path = folder / id_or_path
    try:
        if path.is_file():
            return path
    except (OSError, ValueError) as err:
        raise UnknownPolicyError(f"cannot read the policy '{id_or_path}' ({err})") from err
    raise UnknownPolicyError(f"no policy file '{id_or_path}' (shipped are: {', '.join(shipped())})")


class _Loader:
    """One loading: collects sources and problems over a policy and all that it extends."""

    def __init__(self, checks: Checks, locate: Callable[[str, Path], Path], *, own: bool) -> None:
        self.checks = checks
        self.locate = locate
        self.read = read_own_yaml if own else read_yaml
        self.sources: list[PolicySource] = []
        self.problems: list[Problem] = []
        self._done: dict[Path, Policy | None] = {}

    def load(self, path: Path, above: tuple[Path, ...]) -> Policy | None:
        """Return the policy of a file with everything inherited; None where a problem was found."""
        real = path.resolve()
        if real not in self._done:
            self._done[real] = self._load(path, (*above, real))
        return self._done[real]

    def _load(self, path: Path, chain: tuple[Path, ...]) -> Policy | None:
        try:
            document = self.read(self._read(path), path.name)
        except BadDocumentError as err:
            self.problems += err.problems
            return None
        policy, problems = check(document, Policy)
        found = sorted([*problems, *meaning_problems(document, self.checks)], key=lambda p: (p.line, p.column))
        self.problems += found
        if policy is None or found:
            return None
        return self._inherit(document, policy, path, chain)

    def _read(self, path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
        except OSError as err:
            raise UnknownPolicyError(f"cannot read the policy '{path}' ({err.strerror})") from err
        taken = {source.name for source in self.sources}
        names = (path.name if not n else f"{path.stem}-{n + 1}{path.suffix}" for n in range(len(taken) + 1))
        self.sources.append(PolicySource(name=next(name for name in names if name not in taken), raw=raw))
        return raw

    def _inherit(self, document: Document, policy: Policy, path: Path, chain: tuple[Path, ...]) -> Policy | None:
        before = len(self.problems)
        controls: tuple[Control, ...] = ()
        families: tuple[Family, ...] = ()
        attempts = policy.attempts
        for index, name in enumerate(policy.extends):
            base = self._base(document, index, name, path.parent, chain)
            if base is not None:
                self.problems += _looser(document, ("extends", index), controls, base.controls)
                self.problems += _twice(document, ("extends", index), families, base.families)
                controls = merged(controls, base.controls)
                families = (*families, *(family for family in base.families if family not in families))
                attempts = attempts or base.attempts
        self.problems += _looser(document, (), controls, policy.controls)
        self.problems += _moved(document, controls, policy.controls)
        everything = merged(controls, policy.controls)
        self.problems += family_problems(document, policy.families, families, everything, controls)
        self.problems += attempts_problems(document, policy, everything)
        self.problems += vacuous(document, everything, controls)
        self.problems += contradictions(document, everything, controls)
        controls, families = everything, (*families, *policy.families)
        if not controls and len(self.problems) == before:
            hint = "an empty policy would let everything pass"
            self.problems.append(document.problem((), got="no controls", expected="at least one control", hint=hint))
        if len(self.problems) > before:
            return None
        return policy.model_copy(update={"controls": controls, "families": families, "attempts": attempts})

    def _base(self, document: Document, index: int, name: str, folder: Path, chain: tuple[Path, ...]) -> Policy | None:
        place = ("extends", index)
        try:
            located = self.locate(name, folder)
        except UnknownPolicyError as err:
            expected = "a shipped policy or a path relative to this file"
            hint = nearest(name, shipped()) or str(err)
            self.problems.append(document.problem(place, got=f"'{name}'", expected=expected, hint=hint))
            return None
        if located.resolve() in chain:
            got, expected = f"'{name}', which extends this policy", "no circle"
            self.problems.append(document.problem(place, got=got, expected=expected, hint="remove one of the two"))
            return None
        if len(chain) > MAX_EXTENDS:
            got, expected = f"more than {MAX_EXTENDS} policies in a row", f"at most {MAX_EXTENDS}"
            self.problems.append(document.problem(place, got=got, expected=expected))
            return None
        return self.load(located, chain)


def _looser(
    document: Document, place: tuple[str | int, ...], base: tuple[Control, ...], over: tuple[Control, ...]
) -> Iterator[Problem]:
    inherited = {control.id: control for control in base}
    for index, control in enumerate(over):
        if control.id not in inherited:
            continue
        for keys, got, expected, hint in loosened(inherited[control.id], control):
            below = ("controls", index, *(int(key) if key.isdigit() else key for key in keys))
            yield document.problem(place or below, got=f"{control.id}: {got}", expected=expected, hint=hint)


def _twice(
    document: Document, place: tuple[str | int, ...], base: tuple[Family, ...], over: tuple[Family, ...]
) -> Iterator[Problem]:
    """Yield families that two extended policies define differently, or that share a requirement."""
    known = {family.id: family for family in base}
    homes = {name: family for family in base for name in family.requirements}
    for family in over:
        if known.get(family.id, family) != family:
            got = f"another family '{family.id}' than that of the policies before it"
            yield document.problem(place, got=got, expected="families of one id to be the same")
        for name in family.requirements:
            if homes.get(name, family) != family:
                got = f"the requirement '{name}' in the families '{homes[name].id}' and '{family.id}'"
                yield document.problem(place, got=got, expected="each requirement in one family")


def _moved(document: Document, base: tuple[Control, ...], over: tuple[Control, ...]) -> Iterator[Problem]:
    """Yield requirements whose id an inherited control of another id already has."""
    homes = {requirement.id: control.id for control in base for requirement in control.requirements}
    for index, control in enumerate(over):
        for inner, requirement in enumerate(control.requirements):
            home = homes.get(requirement.id, control.id)
            if home != control.id:
                place = ("controls", index, "requirements", inner, "id")
                got, expected = f"'{requirement.id}', which is in control '{home}'", "an id of its own"
                yield document.problem(place, got=got, expected=expected)
