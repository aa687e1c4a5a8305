import pytest

from proofbox.checks.errors import BadCheckError
from proofbox.checks.holding import Isolation
from proofbox.checks.registry import check, get_check

CHECK = "security.isolation"


@pytest.fixture
def level(measures):
    def level_of(**given):
        found = measures(CHECK, isolation=Isolation(**{"executor": "bubblewrap", "level": 2, **given}))
        return {measure: one.value for measure, one in found.items()}

    return level_of


def test_walls_that_held(level):
    found = level(attempts={"network.tcp": True, "files.shadow": True})
    assert found == {"isolation_level": 2, "attempts_held": 2, "attempts_through": 0}


def test_the_strongest(level):
    assert level(level=3, attempts={"network.tcp": True})["isolation_level"] == 3


def test_no_walls(level):
    found = level(executor="unsafe-none", level=0)
    assert found == {"isolation_level": 0, "attempts_held": 0, "attempts_through": 0}


def test_one_attempt_that_got_through_is_no_isolation(level, measures):
    attempts = {"network.tcp": False, "files.shadow": True}
    assert level(attempts=attempts) == {"isolation_level": 0, "attempts_held": 1, "attempts_through": 1}
    found = measures(CHECK, isolation=Isolation(executor="x", level=2, attempts=attempts))
    assert found["isolation_level"].detail == {"executor": "x", "through": ["network.tcp"]}
    assert found["isolation_level"].sample_size == 2


def test_a_level_that_nothing_was_tried_for_is_not_believed(level):
    assert level(level=3)["isolation_level"] == 0


def test_it_runs_when_the_model_is_gone():
    spec = get_check(CHECK)
    assert spec.closing
    assert not spec.static

    def wants_both(model, isolation):
        """Ask for what there is not at one time."""

    with pytest.raises(BadCheckError, match=r"when the model is gone already"):
        check("family.wants_both")(wants_both)
