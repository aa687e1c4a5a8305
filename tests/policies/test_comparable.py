from proofbox.policies.comparable import comparable

PLAIN = {"id": "m-1", "value": 0.5, "detail": {}}
TIMED = {"id": "m-2", "value": 0.01, "detail": {"timed": True}}
FINDING = {"policy": "p", "control": "C", "requirement": "C.a", "level": "must", "check": "x", "verdict": "pass"}


def document(*findings):
    return {
        "schema": "s",
        "conclusion": "conforms",
        "run": {"seed": 1},
        "measurements": [PLAIN, TIMED],
        "findings": list(findings),
    }


def test_what_is_not_timed_stays_whole():
    finding = FINDING | {"measurements": ["m-1"]}
    assert comparable(document(finding)) == {
        "schema": "s",
        "conclusion": "conforms",
        "measurements": [PLAIN],
        "findings": [finding],
    }


def test_of_a_finding_that_rests_on_a_timing_the_requirement_is_left_and_no_conclusion():
    kept = comparable(document(FINDING | {"measurements": ["m-2"], "reason": "took 0.01 s"}))
    assert "conclusion" not in kept
    assert kept["findings"] == [{key: FINDING[key] for key in ("policy", "control", "requirement", "level", "check")}]


def test_a_strange_document_has_nothing_in_common():
    assert comparable({"measurements": 3, "findings": None}) == {"measurements": [], "findings": []}
