"""One check on one submission, without a policy."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from proofbox.checks.registry import get_check
from proofbox.checks.spec import CheckSpec
from proofbox.policies.record_json import evidence_json
from proofbox.runners.assessing.assess import make_bench, taken_in
from proofbox.runners.assessing.outcome import Outcome
from proofbox.runners.assessing.plan import make_plan
from proofbox.runners.assessing.settings import Settings, Watch
from proofbox.runners.assessing.walled import before_walls, behind_walls
from proofbox.runners.errors import UsageError
from proofbox.runners.hosted.hosting import Hosting
from proofbox.runners.hosted.opinions import second_opinions
from proofbox.runners.hosted.walls import Walls

if TYPE_CHECKING:
    from proofbox.checks.result import Json


def measure_once(source: Path, check_id: str, given: Sequence[str], settings: Settings, watch: Watch) -> Outcome:
    """Measure with one check.

    Parameters
    ----------
    given
        ``key=value`` pairs; a value is read as JSON where it is JSON, and as text otherwise. Where a check of groups
        is given no attribute, it gets ``each-sensitive``: one measurement for each sensitive column; ``each-pair`` asks
        for their pairs.

    Raises
    ------
    UsageError, UnknownCheckError, BadParamsError
        The check or its parameters are not known.
    """
    spec = get_check(check_id)
    params = dict(_pair(item) for item in given)
    check_given(spec, params)
    hosting = Hosting(walls=Walls(settings.executor, settings.limits), allowed_urls=settings.allowed_urls)
    with taken_in(source, hosting.walls, settings, refuse_mismatch=False) as (
        _intake,
        resolved,
        _raw,
    ):
        wanted = wanted_measurements(spec, params, resolved.evaluation.sensitive)
        plan = make_plan(wanted, recorded_only=resolved.subject.model_path is None)
        watch.planned(len(wanted))
        bench = make_bench(resolved, plan, settings)
        bench.ask_scanners = partial(second_opinions, resolved.subject, hosting.walls)
        outcome = before_walls(plan.static, resolved, bench, hosting, (settings, watch))
        if plan.dynamic:
            watch.step("opening the sandbox")
            outcome += behind_walls(plan.dynamic, resolved, bench, hosting, (settings, watch))
    return outcome


def check_given(spec: CheckSpec, params: Mapping[str, object]) -> None:
    """Refuse parameters that the check does not know, before anything is read.

    Raises
    ------
    BadParamsError
        One is unknown or of the wrong type.
    """
    _validated(spec, {"attribute": "any", **params} if "attribute" in spec.params_type.model_fields else params)


def wanted_measurements(
    spec: CheckSpec, params: Mapping[str, object], sensitive: Sequence[str]
) -> list[tuple[str, Mapping[str, Json]]]:
    """Return what is to be measured: (check id, whole parameters), one for each attribute where none is named.

    Raises
    ------
    UsageError
        An attribute is needed and none is named or declared sensitive.
    """
    fields = spec.params_type.model_fields
    each = params.get("attribute", "each-sensitive")
    if "attribute" not in fields or each not in ("each-sensitive", "each-pair"):
        return [(spec.id, _validated(spec, params))]
    columns = list(dict.fromkeys(sensitive))
    if not columns:
        raise UsageError(f"{spec.id} needs an attribute: name one with --set attribute=COLUMN")
    if each == "each-pair" and len(columns) < 2:
        raise UsageError(f"attribute=each-pair: got one sensitive column ({columns[0]}), expected at least two")
    attributes = itertools.combinations(columns, 2 if each == "each-pair" else 1)
    return [(spec.id, _validated(spec, {**params, "attribute": list(attribute)})) for attribute in attributes]


def _validated(spec: CheckSpec, params: Mapping[str, object]) -> Mapping[str, Json]:
    """Return the parameters with defaults filled in, in the form in which a policy's are recorded."""
    return spec.params(params).model_dump(mode="json")


def _pair(item: str) -> tuple[str, object]:
    key, sign, text = item.partition("=")
    if not sign or not key:
        raise UsageError(f"--set {item}: got no '=', expected KEY=VALUE, for example --set attribute=sex")
    try:
        return key, json.loads(text)
    except ValueError:
        return key, text


def print_outcome(outcome: Outcome, *, as_json: bool) -> None:
    """Print what was measured, as one JSON document or as lines for a person."""
    if as_json:
        print(json.dumps(evidence_json(outcome.measurements, outcome.inapplicable, outcome.errors), ensure_ascii=False))
        return
    from proofbox.reports.console import safe_terminal
    from proofbox.reports.datascan import said_of_data
    from proofbox.reports.documents import said_of_documents
    from proofbox.reports.filescan import said_of_files
    from proofbox.reports.leakscan import said_of_leaks
    from proofbox.reports.origin import said_of_origin

    shown = None
    for item in outcome.measurements:
        attribute = item.params.get("attribute")
        if attribute is not None and attribute != shown:
            print(safe_terminal(f"{item.check} of {' x '.join(map(str, cast('list[str]', attribute)))}"))
            shown = attribute
        group = ", ".join(f"{key}={value}" for key, value in item.group.items())
        interval = item.interval
        bounds = ""
        if interval:
            bounds = f"  [{interval.low:.4f}, {interval.high:.4f}] {interval.confidence:.0%} {interval.method}"
        line = f"{item.measure}{f' ({group})' if group else ''}: {item.value:.6g}{bounds}  n={item.sample_size}"
        print(safe_terminal(line))
        told = (said_of_files(item.detail), said_of_data(item), said_of_leaks(item), said_of_origin(item))
        for said in itertools.chain(*told, said_of_documents(item)):
            print(safe_terminal(f"  {said}"))
    for record in (*outcome.inapplicable, *outcome.errors):
        kind = "not applicable" if record in outcome.inapplicable else "error"
        measures = f" ({', '.join(record.measures)})" if record.measures else ""
        print(safe_terminal(f"{record.check}{measures}: {kind}: {record.reason}"))
