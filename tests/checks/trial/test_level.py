import pytest

CHECK = "trial.level"
FLAGS = {"real_users": False, "outputs_used": False, "childrens_data": False}


@pytest.mark.parametrize(
    ("declared", "flags", "shortfall"),
    [
        (1, {}, 0),
        (3, {}, 0),
        (1, {"outputs_used": True}, 1),
        (2, {"real_users": True, "outputs_used": True}, 0),
        (1, {"childrens_data": True}, 2),
        (2, {"secrets": True}, 1),
        (None, {"security_systems": True}, 2),
    ],
)
def test_perfect_middle_and_worst(measures, subject, declared, flags, shortfall):
    who = subject({}, trial=FLAGS | flags | {"level": declared})
    found = measures(CHECK, subject=who)["level_shortfall"]
    assert found.value == shortfall
    assert found.detail["declared"] == declared
    assert "level" not in found.detail["flags"]


def test_inapplicable_without_a_trial(why, subject):
    assert "names no controlled trial" in why(CHECK, subject=subject({}))
