"""What every registered check owes, whoever wrote it; new checks are held to it without being named here."""

from pathlib import Path

import pytest

from proofbox.checks import registry
from proofbox.checks.registry import all_checks
from proofbox.runners.conformance.laws import LAWS, Trial

TESTS = Path(__file__).parent
ROOM = Path(registry.__file__).parent
FAMILIES = (
    *("performance", "fairness", "robustness", "provenance", "security", "data", "privacy", "transparency"),
    *("classification", "trial", "logging", "oversight"),
)

PARAMS = {
    "fairness.group_rates": {"attribute": "sex"},
    "fairness.demographic_parity": {"attribute": "sex"},
    "fairness.equalized_odds": {"attribute": "sex"},
    "fairness.calibration": {"attribute": "sex"},
    "fairness.counterfactual_flip": {"attribute": "sex"},
    "fairness.decisions_only": {"attribute": "sex"},
    "fairness.equal_opportunity": {"attribute": "sex"},
    "fairness.group_accuracy": {"attribute": "sex"},
    "fairness.group_performance": {"attribute": "sex", "resamples": 40},
    "fairness.multiclass": {"attribute": "sex"},
    "fairness.predictive_parity": {"attribute": "sex"},
    "fairness.ranking": {"attribute": "sex"},
    "fairness.regression_gap": {"attribute": "sex"},
    "data.representativeness": {"attribute": "sex"},
    "privacy.sensitive_use": {"attribute": "sex"},
}
"""Parameters without a default."""

OF_NUMBERS = {"fairness.regression_gap", "performance.regression"}
"""Checks of answers that are numbers and no decisions between classes."""

checks = pytest.mark.parametrize("spec", all_checks().values(), ids=all_checks())


@checks
def test_the_id_is_the_files_path(spec):
    assert spec.module == f"proofbox.checks.{spec.id}"
    assert spec.run.__name__ == spec.id.rpartition(".")[2]


@checks
def test_it_has_a_test_file_of_its_name(spec):
    family, _, name = spec.id.partition(".")
    assert (TESTS / family / f"test_{name}.py").is_file()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@checks
def test_it_keeps_the_law(spec, law, tmp_path):
    trial = Trial(root=tmp_path, params=PARAMS.get(spec.id, {}), numbers=spec.id in OF_NUMBERS)
    assert list(law(spec, trial)) == []


def test_every_file_of_a_family_is_one_check():
    files = {
        f"{family}.{path.stem}"
        for family in FAMILIES
        for path in (ROOM / family).glob("*.py")
        if path.stem != "__init__"
    }
    assert files == set(all_checks())


def test_importing_the_room_loads_nothing_heavy():
    import subprocess
    import sys

    program = (
        "import sys; from proofbox.checks.registry import all_checks; assert len(all_checks()) > 10; "
        "heavy = {'numpy', 'pyarrow', 'pandas', 'sklearn', 'scipy', 'mlflow', 'matplotlib', 'fairlearn'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "[]"
