"""`run --resume`: an assessment that was interrupted after any task goes on where it stood and ends the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from proofbox.checks.text import t
from proofbox.policies.loader import load_policy
from proofbox.policies.record import ReasonRecord
from proofbox.policies.record_json import to_json
from proofbox.runners.assessing.assess import Assessed, assess
from proofbox.runners.assessing.outcome import Outcome
from proofbox.runners.assessing.plan import make_plan
from proofbox.runners.assessing.resuming import State
from proofbox.runners.assessing.settings import Settings, Watch
from proofbox.runners.errors import UsageError

BEHAVED = """\
  - id: TWO-03
    title: {en: Behaviour, vi: Hành vi}
    objective: {en: The model does nothing else., vi: Mô hình không làm gì khác.}
    references: []
    requirements:
      - id: TWO-03.a
        level: must
        check: security.behaviour
        criterion: {measure: denied_calls, at_most: 0, decision_rule: simple, origin: default}
        remediation: {en: Remove it., vi: Hãy bỏ đi.}
      - id: TWO-03.b
        level: must
        check: data.quality
        criterion: {measure: missing_share, at_most: 0, decision_rule: simple, origin: default}
        remediation: {en: Fill it., vi: Hãy điền.}
"""


class KilledError(Exception):
    """The harness ends here."""


def run(versions, policy: Path, state: Path, stop_after: int = 1_000) -> Assessed:
    left = stop_after

    def done(_task) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise KilledError

    settings = Settings(seed=3, as_of="2026-11-25", resume=state)
    return assess(versions.submissions[0], [load_policy(str(policy))], settings, Watch(done=done))


def same(one: Assessed, other: Assessed) -> bool:
    documents = [{**to_json(side.assessment), "run": None} for side in (one, other)]
    return documents[0] == documents[1] and dict(one.tables) == dict(other.tables)


@pytest.mark.parametrize("whole", [False, True], ids=["task by task", "the model as a whole"])
def test_whatever_was_finished_is_not_done_again_and_the_end_is_the_same(
    versions, tmp_path: Path, *, whole: bool
) -> None:
    policy = versions.policy
    if whole:
        policy = policy.with_name("behaved.yaml")
        policy.write_text(versions.policy.read_text("utf-8") + BEHAVED, encoding="utf-8")
    plain = run(versions, policy, tmp_path / "plain")
    assert plain.assessment.run.detail["tasks_taken_from_an_earlier_run"] == 0
    state = tmp_path / "state"
    # Task by task: after the first; as a whole: after the static one, and when the model has been asked everything.
    for stop_after, files in ((1, 1), (5, 2)) if whole else ((1, 1),):
        with pytest.raises(KilledError):
            run(versions, policy, state, stop_after)
        assert len(list(state.iterdir())) == files
    resumed = run(versions, policy, state)
    taken = resumed.assessment.run.detail["tasks_taken_from_an_earlier_run"]
    assert taken == (4 if whole else 1)
    assert same(resumed, plain)
    assert state.stat().st_mode & 0o777 == 0o700


def test_only_the_same_task_of_the_same_assessment_is_found_and_a_broken_file_is_as_none(tmp_path: Path) -> None:
    [task] = make_plan([("data.quality", {})]).static
    other = replace(task, params={"confidence": 0.9})
    outcome = Outcome(inapplicable=(ReasonRecord(check=task.check.id, params={}, reason=t("nothing here")),))
    state = State(tmp_path / "state", {"seed": 1})
    state.keep(task, outcome)
    assert state.take(task) == outcome
    assert state.take(other) is None
    assert State(tmp_path / "state", {"seed": 2}).take(task) is None
    failed = ReasonRecord(check=task.check.id, params={}, reason=t("it broke"))
    state.keep(other, Outcome(errors=(failed,)))
    assert state.take(other) is None
    [file] = (tmp_path / "state").iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    assert state.take(task) is None
    with pytest.raises(UsageError, match="--resume"):
        State(file, {})
