"""Proofbox in a notebook or a script: ``assess`` and ``measure``, with the names that scikit-learn's users expect.

    from proofbox.runners import api as proofbox

    found = proofbox.assess(model, frame, target="approved", sensitive=["sex"], policy="baseline")
    found                                  # shown as a table in a notebook
    found.conclusion_, found.isolated_     # ("undetermined", False)

A model that is an **object** runs in your own process: nothing isolates it, every view says so, and no requirement on
isolation passes. A model that is a **path** (to a submission, or to a model file) runs behind the walls, as in
``proofbox run``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofbox.runners.errors import UsageError

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment, Finding, MeasurementRecord
    from proofbox.runners.assessing.assess import Assessed
    from proofbox.runners.assessing.outcome import Outcome
    from proofbox.runners.inprocess.data import Given

__all__ = ["AssessmentResult", "MeasurementResult", "assess", "measure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentResult:
    """An assessment; in a notebook it is shown as a table. Names that end in ``_`` are what was found."""

    assessed: Assessed
    language: str = "en"
    """``en`` or ``vi``: the language in which it is shown."""

    @property
    def assessment_(self) -> Assessment:
        """The whole record."""
        return self.assessed.assessment

    @property
    def conclusion_(self) -> str:
        """``conforms``, ``does-not-conform`` or ``undetermined``."""
        return self.assessment_.conclusion

    @property
    def isolated_(self) -> bool:
        """Whether the model ran behind proven walls."""
        return self.assessment_.run.selfcheck.get("isolated") is True

    @property
    def findings_(self) -> tuple[Finding, ...]:
        """One for each requirement, in the order of the policies."""
        return self.assessment_.findings

    @property
    def measurements_(self) -> tuple[MeasurementRecord, ...]:
        """Every measurement, with interval and sample size."""
        return self.assessment_.measurements

    def verdicts(self) -> Mapping[str, str]:
        """Return requirement -> ``pass``, ``fail``, ``inconclusive``, ``not-applicable``, ``error`` or ``not-run``."""
        return {one.requirement: one.verdict for one in self.findings_}

    def to_json(self) -> dict[str, Any]:
        """Return the form of ``assessment.json``."""
        from proofbox.policies.record_json import to_json

        return to_json(self.assessment_)

    def _repr_html_(self) -> str:
        from proofbox.reports.notebook import assessment_html

        return assessment_html(self.assessment_, self.language)

    def __str__(self) -> str:
        from proofbox.reports.console import summary_lines

        return "\n".join(summary_lines(self.assessment_, self.language))


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementResult:
    """What one check measured; ``found["accuracy"]`` is a number, and a notebook shows a table."""

    check: str
    outcome: Outcome
    language: str = "en"

    @property
    def measurements_(self) -> tuple[MeasurementRecord, ...]:
        """Every measurement, with interval and sample size."""
        return self.outcome.measurements

    def __getitem__(self, measure: str) -> float:
        """Return the value of a measure that was taken once.

        Raises
        ------
        NotMeasuredError
            It was not measured, or for several groups: see :meth:`of`.
        """
        return float(self._inner()[measure])

    def of(self, measure: str, **group: str) -> float:
        """Return the value of a measure for one group: ``of("selection_rate", sex="female")``.

        Raises
        ------
        NotMeasuredError
            There is no such value.
        """
        return float(self._inner().of(measure, **group))

    def _inner(self) -> Any:  # noqa: ANN401 imported late
        from proofbox.runners.inprocess.assessing import Measurements

        return Measurements(outcome=self.outcome)

    def _repr_html_(self) -> str:
        from proofbox.reports.notebook import measurements_html

        reasons = (*self.outcome.inapplicable, *self.outcome.errors)
        return measurements_html(self.check, self.measurements_, reasons, self.language)


def assess(
    model: object,
    data: object = None,
    *,
    policy: str | Sequence[str] = "baseline",
    seed: int = 0,
    language: str = "en",
    **meaning: Any,  # noqa: ANN401 what the columns mean, as Given has it
) -> AssessmentResult:
    """Assess a model under one policy or several.

    Parameters
    ----------
    model
        An object with ``predict``, ``predict_proba`` or ``decision_function``, or a function of a frame: **not
        isolated**. Or a path: to a submission (then without ``data``), or to a model file whose ``data`` is a path too:
        behind walls.
    data
        ``pandas.DataFrame``, ``pyarrow.Table`` or mapping of columns, shape (rows, columns), with the true answers.
    policy
        A pack's id or a path.
    meaning
        ``target``, ``features``, ``sensitive``, ``prediction``, ``positive_label``, ``output``, ``task``,
        ``threshold``, ``training``, ``columns``, ``product``, ``declared``: the words of ``submission.yaml``. For a
        model file ``target``, ``sensitive``, ``features`` and ``task``, which are guessed where they are left out.

    Raises
    ------
    UsageError, BadSubmissionError, BadPolicyError
        Something given does not fit; the message names it.
    IsolationError
        A model file cannot be isolated here; it was not loaded.
    """
    from proofbox.policies.loader import load_policy
    from proofbox.runners.assessing.assess import assess as isolated
    from proofbox.runners.assessing.settings import Settings, Watch

    names = (policy,) if isinstance(policy, str) else tuple(policy)
    policies = [load_policy(name) for name in names]
    settings = Settings(seed=seed)
    if not _is_path(model):
        from proofbox.runners.inprocess.assessing import assess_in_process

        return AssessmentResult(assessed=assess_in_process(_given(model, data, meaning), policies, settings),
                                language=language)  # fmt: skip
    with _submission(model, data, meaning) as folder:
        return AssessmentResult(assessed=isolated(folder, policies, settings, Watch()), language=language)


def measure(
    model: object,
    data: object = None,
    *,
    check: str,
    params: Mapping[str, object] | None = None,
    seed: int = 0,
    language: str = "en",
    **meaning: Any,  # noqa: ANN401 what the columns mean, as Given has it
) -> MeasurementResult:
    """Measure one thing, without a policy; ``model``, ``data`` and ``meaning`` as :func:`assess` has them.

    Parameters
    ----------
    check
        Id of the check, for example ``fairness.demographic_parity``.
    params
        What a policy would write under ``with:``, for example ``{"attribute": "sex"}``.

    Raises
    ------
    UsageError, UnknownCheckError, BadParamsError, BadSubmissionError, IsolationError
        As :func:`assess`; or there is no such check or parameter.
    """
    import json

    from proofbox.runners.assessing.measuring import measure_once
    from proofbox.runners.assessing.settings import Settings, Watch
    from proofbox.runners.inprocess.assessing import measure_in_process

    given = dict(params or {})
    if not _is_path(model):
        found = measure_in_process(check, _given(model, data, meaning), given, seed)
        return MeasurementResult(check=check, outcome=found.outcome, language=language)
    pairs = [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in given.items()]
    with _submission(model, data, meaning) as folder:
        outcome = measure_once(folder, check, pairs, Settings(seed=seed), Watch())
    return MeasurementResult(check=check, outcome=outcome, language=language)


def _is_path(model: object) -> bool:
    return isinstance(model, str | Path)


def _given(model: object, data: object, meaning: Mapping[str, Any]) -> Given:
    from dataclasses import fields

    from proofbox.runners.inprocess.data import Given

    known = {field.name for field in fields(Given)} - {"model", "data"}
    if strange := sorted(set(meaning) - known):
        raise UsageError(f"got {strange[0]}=, expected one of {', '.join(sorted(known))}")
    if data is None:
        raise UsageError("data: got none, expected a table; or give the path of a submission as model")
    return Given(model=model, data=data, **meaning)


def _submission(model: object, data: object, meaning: Mapping[str, Any]) -> Any:  # noqa: ANN401 a context manager
    from proofbox.runners.starting.passing import passing

    return passing(Path(str(model)), data, meaning)
