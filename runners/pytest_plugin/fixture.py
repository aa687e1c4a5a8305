"""The fixture ``proofbox``: a model object measured and judged in the test's own process, without walls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from proofbox.runners.errors import UsageError
from proofbox.runners.inprocess.assessing import Measurements, assess_in_process, measure_in_process
from proofbox.runners.inprocess.data import Given

if TYPE_CHECKING:
    from proofbox.policies.loader import LoadedPolicy
    from proofbox.policies.record import Assessment

_GIVEN = frozenset(one.name for one in fields(Given))


class DoesNotConformError(AssertionError):
    """A policy is not conformed to; the message lists what is not met."""


class InProcess:
    """What the fixture gives. Nothing stands around the model: this is for its own developer."""

    def measure(
        self, check: str, /, *, seed: int = 0, params: Mapping[str, object] | None = None, **given: object
    ) -> Measurements:
        """Measure with one check.

        Parameters
        ----------
        check
            Id of the check, for example ``fairness.demographic_parity``.
        params
            Parameters of the check that have the name of one of the others below.
        given
            ``model``, ``data`` (a frame, an Arrow table or a mapping), ``target``, ``features``, ``sensitive``,
            ``prediction``, ``positive_label`` and so on (:class:`proofbox.runners.inprocess.data.Given`); whatever else
            is a parameter of the check, such as ``attribute``.

        Raises
        ------
        UsageError, UnknownCheckError, BadParamsError
            Something given is not known or does not fit.
        """
        own = {name: value for name, value in given.items() if name not in _GIVEN}
        return measure_in_process(check, _given(given, own.get("attribute")), {**own, **(params or {})}, seed)

    def assert_conforms(
        self, *, policy: str | Sequence[str], controls: str | Sequence[str] = "*", seed: int = 0, **given: object
    ) -> Assessment:
        """Assert that every must of a policy is measured and met, and return the assessment.

        Parameters
        ----------
        policy
            A shipped policy's id or a path, or several. One that asks for walls cannot be met in process.
        controls
            Ids of the controls that are asked, with ``*`` and ``?``; the others are left out.

        Raises
        ------
        DoesNotConformError
            A must failed or has no answer.
        UsageError
            Something given is not known or does not fit, or no control is left.
        """
        from proofbox.policies.loader import load_policy
        from proofbox.runners.assessing.settings import Settings

        if unknown := sorted(given.keys() - _GIVEN):
            raise UsageError(f"{unknown[0]}: got an unknown argument, expected one of {', '.join(sorted(_GIVEN))}")
        names = [policy] if isinstance(policy, str) else list(policy)
        wanted = [controls] if isinstance(controls, str) else list(controls)
        policies = [_narrowed(load_policy(name), wanted) for name in names]
        assessment = assess_in_process(_given(given), policies, Settings(seed=seed)).assessment
        if assessment.conclusion != "conforms":
            raise DoesNotConformError("\n".join(_told(assessment)))
        return assessment


def _given(given: Mapping[str, object], attribute: object = None) -> Given:
    found: dict[str, Any] = {name: value for name, value in given.items() if name in _GIVEN}
    if "data" not in found:
        raise UsageError("data: got nothing, expected a pandas.DataFrame, a pyarrow.Table or a mapping of columns")
    for name in ("sensitive", "features"):
        if isinstance(found.get(name), str):
            found[name] = [found[name]]
    named = [attribute] if isinstance(attribute, str) else attribute if isinstance(attribute, list | tuple) else []
    columns = [str(name) for name in named if name not in ("each-sensitive", "each-pair")]
    # A column that people are told apart by is nothing that the model reads unless it is named as a feature.
    found["sensitive"] = list(dict.fromkeys([*found.get("sensitive", ()), *columns]))
    return Given(**found)


def _narrowed(loaded: LoadedPolicy, wanted: Sequence[str]) -> LoadedPolicy:
    """Return a policy with those of its controls alone that are wanted."""
    policy = loaded.policy
    kept = tuple(one for one in policy.controls if any(fnmatchcase(one.id, pattern) for pattern in wanted))
    if not kept:
        known = ", ".join(one.id for one in policy.controls[:8])
        raise UsageError(f"controls: got {', '.join(wanted)}, expected some of {policy.id}: {known}")
    there = {requirement.id for control in kept for requirement in control.requirements}
    families = tuple(family for family in policy.families if there & set(family.requirements))
    if parted := next((family for family in families if not set(family.requirements) <= there), None):
        raise UsageError(
            f"controls: got a part of the family '{parted.id}', expected all of it: its members share one error"
        )
    return replace(loaded, policy=policy.model_copy(update={"controls": kept, "families": families}))


def _told(assessment: Assessment) -> Iterator[str]:
    from proofbox.reports.exports.entries import entries, reason_of
    from proofbox.reports.i18n import Translator

    translator = Translator("en")
    yield f"{assessment.conclusion}, measured in process and not isolated:"
    for entry in entries(assessment):
        if entry.finding.level == "must" and entry.finding.verdict != "pass":
            yield f"  {entry.finding.requirement} [{entry.finding.verdict}] {reason_of(entry, translator)}"
