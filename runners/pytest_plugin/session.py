"""One pytest session with a submission: options checked, items collected, and the one assessment behind all of them."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from proofbox.runners.pytest_plugin.items import Requirements
from proofbox.runners.pytest_plugin.shared import Shared
from proofbox.runners.submitted.submission import FILE_NAME

if TYPE_CHECKING:
    from proofbox.policies.loader import LoadedPolicy
    from proofbox.policies.record import Assessment

KEY = pytest.StashKey["Session"]()
_WORKER_KEY = "proofbox_shared"


class Session:
    """What the items of one session share; registered as a plug-in for as long as it lasts."""

    def __init__(self, config: pytest.Config, target: Path) -> None:
        self.config = config
        self.target = target
        """The file by which the submission is known: ``submission.yaml`` or the archive."""
        self._folder = _worker_folder(config)
        self._own = self._folder is None
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="proofbox-pytest-"))
        self.shared = Shared(self._folder)
        self._policies: tuple[LoadedPolicy, ...] | None = None

    @property
    def level(self) -> str:
        """From which level on what is not met fails."""
        return str(self.config.getoption("proofbox_level"))

    def policies(self) -> tuple[LoadedPolicy, ...]:
        """Return the policies, loaded once.

        Raises
        ------
        PoliciesError
            One is not there, or is no policy.
        """
        if self._policies is None:
            from proofbox.policies.loader import load_policy

            names: Sequence[str] = self.config.getoption("proofbox_policy")
            self._policies = tuple(load_policy(name) for name in dict.fromkeys(names))
        return self._policies

    def assessment(self) -> Assessment:
        """Return the assessment; whichever worker asks first makes it, the others wait for it.

        Raises
        ------
        NotAssessedError
            Nothing was assessed, and why.
        """
        return self.shared.assessment(self._assess)

    def _assess(self) -> Assessment:
        from proofbox.runners.assessing.assess import assess
        from proofbox.runners.assessing.settings import Settings, Watch
        from proofbox.runners.signed.waiving import read_given

        option = self.config.getoption
        waivers, key = option("proofbox_waivers"), option("proofbox_waiver_key")
        settings = Settings(
            seed=option("proofbox_seed"),
            executor=option("proofbox_executor"),
            waivers=read_given(Path(waivers) if waivers else None, Path(key) if key else None),
        )
        with warnings.catch_warnings():
            # A test run that makes errors of warnings is about the user's code, not about libraries that checks call.
            warnings.simplefilter("ignore")
            assessed = assess(self.target, self.policies(), settings, Watch())
            if out := option("proofbox_out"):
                from proofbox.runners.run.main_job import Publishing, write_evidence

                write_evidence(assessed, Publishing(out=Path(out)))
        return assessed.assessment

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: object) -> None:
        """Tell a worker of pytest-xdist where the one assessment is kept."""
        node.workerinput[_WORKER_KEY] = str(self._folder)  # type: ignore[attr-defined]  # xdist has no types

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print what the assessment concludes: pytest's own colours say nothing of what does not apply."""
        found = self.shared.known()
        if found is None:
            return
        from proofbox.reports.console import summary_lines

        terminalreporter.section("proofbox")
        for line in summary_lines(found)[:2]:
            terminalreporter.write_line(line)

    def pytest_unconfigure(self) -> None:
        """Remove what was shared; workers leave that to the one that began."""
        if self._own and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def begin(config: pytest.Config) -> None:
    """Check the options, and make the submission one of the things to collect.

    Raises
    ------
    pytest.UsageError
        There is no submission at that path, no policy was named, or the bundle's folder is filled.
    """
    given = Path(config.getoption("proofbox"))
    if not config.getoption("proofbox_policy"):
        raise pytest.UsageError("--proofbox: got no policy, expected --proofbox-policy with a shipped id or a path")
    target = (config.invocation_params.dir / given).resolve()
    target = target / FILE_NAME if target.is_dir() else target
    if not target.is_file():
        expected = f"a folder with {FILE_NAME}, that file, or an archive"
        raise pytest.UsageError(f"--proofbox {given}: got nothing there, expected {expected}")
    out = config.getoption("proofbox_out")
    if out and _worker_folder(config) is None:
        from proofbox.reports.errors import BundleExistsError
        from proofbox.reports.folder import refuse_filled

        try:
            refuse_filled(Path(out))
        except BundleExistsError as err:
            raise pytest.UsageError(f"--proofbox-out {err}") from err
    session = Session(config, target)
    config.stash[KEY] = session
    config.pluginmanager.register(session, "proofbox-session")
    # Where no tests are named, the requirements are all that is wanted.
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    config.args[:] = [*(config.args if named else ()), str(target)]


def collected(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Return the requirements as a collector where the file is the session's submission."""
    session = parent.config.stash[KEY]
    if file_path != session.target:
        return None
    requirements: Requirements = Requirements.from_parent(parent, path=file_path)
    requirements.proofbox = session
    return requirements


def _worker_folder(config: pytest.Config) -> Path | None:
    """Return what the session that began told this worker; None where this is that session, or another machine."""
    told = getattr(config, "workerinput", {}).get(_WORKER_KEY)
    return Path(told) if told and Path(told).is_dir() else None
