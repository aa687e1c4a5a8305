"""The laws that a check is held to, each a function that yields what is wrong; nothing where the law is kept."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from proofbox.checks.plugins import forbidden_in
from proofbox.checks.result import Inapplicable, Measured, Result
from proofbox.checks.spec import INPUTS, SECTIONS, CheckSpec
from proofbox.checks.text import Text
from proofbox.runners.conformance.fakes import in_batches, run_check
from proofbox.runners.conformance.inputs import inputs

ROWS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How a check is tried."""

    root: Path
    """Folder for the files of a subject."""
    params: Mapping[str, object] = field(default_factory=dict)
    """Parameters that have no default."""
    numbers: bool = False
    """Whether it measures answers that are numbers, and not decisions between classes."""

    def given(self, rows: int = ROWS) -> dict[str, Any]:
        """Return the inputs."""
        return inputs(self.root, rows, numbers=self.numbers)

    def run(self, spec: CheckSpec, seed: int = 7, **more: object) -> Result:
        """Run the check on the usual inputs."""
        return run_check(spec.id, params={**self.params, **more}, seed=seed, **self.given())


Law = Callable[[CheckSpec, Trial], Iterator[str]]


def its_docstring_is_its_page(spec: CheckSpec, trial: Trial) -> Iterator[str]:
    """Four sections in order, none empty; one sentence as summary; a sentence on each measure."""
    headings = tuple(re.findall(r"^## (.+)$", spec.doc, re.MULTILINE))
    if headings != SECTIONS:
        yield f"the docstring has the sections {headings}, expected {SECTIONS}"
    if not spec.summary.endswith("."):
        yield "the docstring's first line is no sentence"
    parts = re.split(r"^## (.+)$", spec.doc, flags=re.MULTILINE)
    yield from (f"the section {name} is empty" for name, body in zip(parts[1::2], parts[2::2], strict=True)
                if not body.strip())  # fmt: skip
    for measure in spec.measures.values():
        if not measure.about.endswith("."):
            yield f"nothing is said of the measure {measure.name}"


def it_asks_for_what_a_check_may_ask(spec: CheckSpec, trial: Trial) -> Iterator[str]:
    """Hold the signature to the contract: its inputs, and the return type that the registry expects."""
    if strange := spec.needs - INPUTS:
        yield f"it asks for {sorted(strange)}"
    returned = "Asking[Result]" if spec.asks else "Measured | Inapplicable"
    found = inspect.signature(spec.run).return_annotation
    if found != returned:
        yield f"it says that it returns {found}, expected {returned} (with 'from __future__ import annotations')"


def it_returns_every_measure_that_it_names(spec: CheckSpec, trial: Trial) -> Iterator[str]:
    """Those of its docstring and no other, on inputs that have everything."""
    result = trial.run(spec)
    if not isinstance(result, Measured):
        yield f"it measured nothing on inputs that have everything: {result.reason}"
        return
    found = {one.measure for one in result.measurements}
    yield from (f"its docstring names {name}, which it does not return" for name in sorted(set(spec.measures) - found))
    yield from (f"it returns {name}, which its docstring does not name" for name in sorted(found - set(spec.measures)))
    for case in result.counterexamples:
        if case.measure not in spec.measures:
            yield f"a counterexample is of {case.measure}, which its docstring does not name"


def what_it_returns_can_be_recorded(spec: CheckSpec, trial: Trial) -> Iterator[str]:
    """Finite values in the range that the docstring states, sample sizes above 0, texts that can be translated."""
    result = trial.run(spec)
    if not isinstance(result, Measured):
        return
    try:
        json.dumps(asdict(result), allow_nan=False)
    except (TypeError, ValueError) as err:
        yield f"what it returns cannot be written as JSON: {err}"
    for one in result.measurements:
        if one.measure in spec.measures:
            yield from _in_range(spec, one)
    for case in result.counterexamples:
        if not isinstance(case.summary, Text) or any(len(row.values) != len(case.columns) for row in case.rows):
            yield f"a counterexample of {case.measure} has no translatable summary, or rows of another width"
        if not set(case.changed) <= set(case.columns):
            yield f"a counterexample of {case.measure} names changed columns that it does not show"
    for table in result.tables:
        if not re.fullmatch(r"[a-z0-9-]+", table.name) or len({len(one) for one in table.columns.values()}) != 1:
            yield f"the table {table.name!r} has another name than a-z, 0-9 and '-', or columns of different lengths"


def _in_range(spec: CheckSpec, one: Any) -> Iterator[str]:  # noqa: ANN401 a Measurement
    stated = spec.measures[one.measure].range
    low, high = (float(end) for end in re.findall(r"-?inf|[-\d.]+", stated))
    if type(one.value) is not float or type(one.sample_size) is not int or one.sample_size <= 0:
        got = f"the value {one.value!r} on {one.sample_size!r} rows"
        yield f"{one.measure}: {got}, expected a float, and an int above 0"
    elif not low <= one.value <= high:
        yield f"{one.measure}: the value {one.value} lies outside the range {stated} of its docstring"
    interval = one.interval
    if interval is not None and not low <= interval.low <= interval.high <= high:
        yield f"{one.measure}: the interval {interval.low} to {interval.high} is none within {stated}"
    if interval is not None and interval.confidence != 0.95:
        yield f"{one.measure}: the interval is of the confidence {interval.confidence}, asked for was 0.95"


def two_runs_with_one_seed_agree(spec: CheckSpec, trial: Trial) -> Iterator[str]:
    """All randomness comes from ``rng``."""
    if trial.run(spec, seed=3) != trial.run(spec, seed=3):
        yield "two runs with one seed differ: take all randomness from rng"


def what_it_reads_in_batches_gives_the_same_values(spec: CheckSpec, trial: Trial) -> Iterator[str]:
    """For files that are too long to hold."""
    if not spec.streams:
        return
    given = trial.given()
    read = {name: in_batches(given[name], 50, 30) for name in spec.streams}
    results = [run_check(spec.id, params=trial.params, **given | more) for more in ({}, read)]
    values = [
        [(one.measure, dict(one.group), one.value) for one in result.measurements]
        if isinstance(result, Measured)
        else []
        for result in results
    ]
    if not values[0] or values[0] != values[1]:
        yield "read in batches, the data give other values than held in memory"


def confidence_reaches_the_interval(spec: CheckSpec, trial: Trial) -> Iterator[str]:
    """Hold every interval to the confidence that a policy asks for."""
    result = trial.run(spec, confidence=0.8)
    found = (
        {one.interval.confidence for one in result.measurements if one.interval}
        if isinstance(result, Measured)
        else set()
    )
    if not found <= {0.8}:
        yield f"with confidence 0.8 the intervals are of {sorted(found)}"


def no_rows_are_inapplicable(spec: CheckSpec, trial: Trial) -> Iterator[str]:
    """Expect a reason, and no crash, for an empty table."""
    if not spec.needs & {"data", "decisions", "counts"}:
        return
    result = run_check(spec.id, params=trial.params, **trial.given(0))
    if not isinstance(result, Inapplicable) or not str(result.reason):
        yield "without rows it does not return Inapplicable with a reason"


def it_judges_nothing_and_reads_nothing_around(spec: CheckSpec, trial: Trial) -> Iterator[str]:
    """No threshold, verdict, clock, file system, network, process, log or print in a check's file."""
    yield from forbidden_in(Path(inspect.getfile(spec.run)).read_text(encoding="utf-8"))


LAWS: tuple[Law, ...] = (
    its_docstring_is_its_page,
    it_asks_for_what_a_check_may_ask,
    it_returns_every_measure_that_it_names,
    what_it_returns_can_be_recorded,
    two_runs_with_one_seed_agree,
    what_it_reads_in_batches_gives_the_same_values,
    confidence_reaches_the_interval,
    no_rows_are_inapplicable,
    it_judges_nothing_and_reads_nothing_around,
)


def broken_laws(spec: CheckSpec, trial: Trial) -> Iterator[tuple[str, str]]:
    """Yield (law, what is wrong) for every law that the check breaks, be it by an exception."""
    for law in LAWS:
        name = law.__name__.replace("_", " ")
        try:
            yield from ((name, said) for said in law(spec, trial))
        except Exception as err:  # noqa: BLE001 a stranger's check may raise anything
            yield name, f"it raised {type(err).__name__}: {err}"
