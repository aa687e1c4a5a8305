import pytest

from proofbox.checks.holding import Behaviour, NotCounted
from proofbox.checks.registry import get_check
from proofbox.checks.text import t

CHECK = "security.behaviour"
QUIET = {"batches": 12, "denied_calls": {}, "denied_calls_at_start": {}, "output_bytes": 0}


@pytest.fixture
def found(measures):
    return lambda **given: measures(CHECK, behaviour=Behaviour(**QUIET | given))


def test_a_quiet_model(found):
    assert {one.value for one in found().values()} == {0.0}
    assert found()["denied_calls"].sample_size == 12


def test_a_model_that_tries_everything(found):
    said = found(
        denied_calls={"socket": 3, "fork": 1},
        denied_calls_at_start={"mkdir": 2},
        output_bytes=1000,
        violations=("crash", "hang"),
        restarts=2,
    )
    assert {measure: one.value for measure, one in said.items()} == {
        "denied_calls": 4,
        "denied_calls_at_start": 2,
        "output_bytes": 1000,
        "violations": 2,
        "restarts": 2,
    }
    assert said["denied_calls"].detail == {"calls": {"fork": 1, "socket": 3}, "there_were_more": False}
    assert said["violations"].detail == {"kinds": ["crash", "hang"]}


def test_one_that_was_never_asked(found):
    assert found(batches=0)["violations"].sample_size == 1


def test_what_was_not_counted_is_left_out_and_never_zero(found):
    reason = NotCounted(t("this kernel is too old"))
    said = found(denied_calls=reason, denied_calls_at_start=reason)
    assert set(said) == {"output_bytes", "violations", "restarts"}
    assert said["violations"].detail["not_counted"]["denied_calls"]["template"] == "this kernel is too old"


def test_more_than_were_counted(found):
    assert found(denied_calls={"socket": 10_000}, more_denied=True)["denied_calls"].detail["there_were_more"] is True


def test_it_runs_last():
    assert get_check(CHECK).closing
