from __future__ import annotations

import pytest

from proofbox.runners.remote import reader
from proofbox.runners.remote.address import parse_address
from proofbox.runners.remote.words import cannot

CANARY = "canary0secret"


@pytest.mark.parametrize(
    ("err", "told"),
    [
        (FileNotFoundError("Path does not exist 'data/e.csv'"), ("missing", "")),
        (PermissionError(f"Status(PERMISSION_DENIED: {CANARY})"), ("denied", "PERMISSION_DENIED")),
        (OSError("AWS Error ACCESS_DENIED during HeadObject operation"), ("denied", "ACCESS_DENIED")),
        (
            OSError(f"GetProperties failed for 'https://a/b?sig={CANARY}'. Azure Error: [] 403 Forbidden"),
            ("denied", "403"),
        ),
        (
            OSError("AWS Error NETWORK_CONNECTION: curlCode: 6, Could not resolve"),
            ("unreachable", "NETWORK_CONNECTION"),
        ),
        (OSError("AWS Error UNKNOWN (HTTP status 301) during HeadObject operation"), ("elsewhere", "301")),
        (OSError("AWS Error UNKNOWN (HTTP status 421) during HeadObject operation"), ("elsewhere", "421")),
        (OSError("AWS Error SLOW_DOWN during GetObject operation"), ("unreachable", "SLOW_DOWN")),
        (ValueError(f"something else with {CANARY}"), ("failed", "")),
    ],
)
def test_what_a_client_raises_is_told_by_kind_and_code_alone(err, told):
    found = reader._why(err)
    assert (found["kind"], found["code"]) == told
    assert CANARY not in str(cannot(kind=found["kind"], address=parse_address("s3://data/e.csv"), code=told[1]))


def test_a_code_that_is_none_is_left_out():
    said = str(cannot("failed", parse_address("s3://data/e.csv"), CANARY))
    assert CANARY not in said
    assert "s3://data/e.csv" in said


def test_what_a_store_tells_is_bounded_and_printable():
    told = {
        "ETag": b'"a"',
        "VersionId": b"v" * 201,
        "Last-Modified": b"now\x1b[31m",
        "x-amz-meta-secret": b"x",
        "generation": b"7",
    }
    assert reader._told(told) == {"etag": "a", "version": "7"}
