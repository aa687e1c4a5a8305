"""The pytest plug-in: ``pytest --proofbox SUBMISSION --proofbox-policy P`` runs one item for each requirement.

pytest loads this file in every project that has Proofbox installed, so it imports nothing of ours until the option is
given or the fixture is asked for (``tests/runners/pytest_plugin/test_pytest_plugin.py`` reads ``-X importtime``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from proofbox.runners.pytest_plugin.fixture import InProcess

EXECUTORS = ("auto", "bubblewrap", "landlock", "container", "gvisor", "unsafe-none")
"""As for ``proofbox run``; a test holds the two lists together."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("proofbox", "Proofbox: assess a submission, one item for each requirement")
    group.addoption("--proofbox", metavar="SUBMISSION", help="Folder, submission.yaml, .zip or .tar.gz to assess.")
    group.addoption(
        "--proofbox-policy",
        metavar="P",
        action="append",
        default=[],
        help="A shipped policy's id, or a path; repeatable.",
    )
    group.addoption("--proofbox-out", metavar="DIR", help="Also write the evidence bundle to this new folder.")
    group.addoption(
        "--proofbox-level",
        choices=("must", "should"),
        default="must",
        help="From which level on a requirement that is not met fails; below it is an expected failure.",
    )
    group.addoption("--proofbox-seed", type=int, default=0, help="Random seed.")
    group.addoption("--proofbox-executor", choices=EXECUTORS, default="auto", help="What isolates the model.")
    group.addoption("--proofbox-waivers", metavar="FILE", help="File of waivers; what they hold for is an xfail.")
    group.addoption("--proofbox-waiver-key", metavar="FILE", help="Public key by which waivers must be signed.")


def pytest_configure(config: pytest.Config) -> None:
    """Begin a session with a submission; nothing happens where none was given.

    Raises
    ------
    pytest.UsageError
        There is no submission at that path, or no policy was named.
    """
    if config.getoption("proofbox"):
        from proofbox.runners.pytest_plugin.session import begin

        begin(config)


@pytest.fixture(scope="session")
def proofbox() -> InProcess:
    """Measure a model that is an object of this test's own process; it is **not isolated**.

    ``proofbox.measure("fairness.demographic_parity", model=..., data=..., target=..., attribute="sex")`` and
    ``proofbox.assert_conforms(model=..., data=..., target=..., policy="my-policy.yaml")``: docs/pytest.md.
    """
    from proofbox.runners.pytest_plugin.fixture import InProcess

    return InProcess()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the requirements where the file is the submission that was given."""
    if not parent.config.getoption("proofbox"):
        return None
    from proofbox.runners.pytest_plugin.session import collected

    return collected(file_path, parent)
