from __future__ import annotations

import posixpath
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofbox.runners.remote.address import allowed_prefixes, allowing, is_address, parse_address
from proofbox.runners.remote.errors import BadAddressError, NotAllowedError

SECRET = "canary0secret"


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("s3://data/v1/eval.csv", "fetched/s3/data/v1/eval.csv"),
        ("s3://data/month=11/dữ liệu.parquet", "fetched/s3/data/month=11/dữ liệu.parquet"),
        ("gs://my_data.example/eval.csv", "fetched/gs/my_data.example/eval.csv"),
        ("abfs://box@account1.dfs.core.windows.net/a/e.csv", "fetched/abfs/box@account1.dfs.core.windows.net/a/e.csv"),
        ("abfs://box/a/e.csv", "fetched/abfs/box/a/e.csv"),
        ("file:///srv/data/e.csv", "fetched/file/srv/data/e.csv"),
    ],
)
def test_an_address_is_read_letter_by_letter_and_has_its_own_place_in_the_copy(text, local):
    address = parse_address(text)
    assert (str(address), address.local) == (text, local)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"s3://key:{SECRET}@data/e.csv", "no user, password or port"),
        (f"https://{SECRET}@host/e.csv", "scheme https"),
        (f"s3://data/e.csv?X-Amz-Signature={SECRET}", "'?'"),
        (f"s3://data/e.csv#{SECRET}", "'#'"),
        ("s3://data/%2e%2e/e.csv", "'%'"),
        ("s3://data/../other/e.csv", "the part '..'"),
        ("s3://data//e.csv", "absolute path"),
        ("s3://data/a/", "the part ''"),
        ("s3://data", "without a path"),
        ("s3://data:9000/e.csv", "no bucket"),
        ("s3://169.254.169.254:80/e.csv", "no bucket"),
        ("s3://Data/e.csv", "no bucket"),
        ("s3://a..b/e.csv", "no bucket"),
        ("s3://data/a\\b.csv", "backslash"),
        ("s3://data/e\n.csv", "U+000A"),
        ("s3://data/e\u202e.csv", "U+202E"),
        ("s3a://data/e.csv", "write s3://"),
        ("abfss://box@account1.dfs.core.windows.net/e.csv", "write abfs://"),
        (f"abfs://box:{SECRET}@account1.dfs.core.windows.net/e.csv", "no bucket"),
        ("abfs://box@account1.example.org/e.csv", "no bucket"),
        ("file://host/e.csv", "no host"),
        ("file:///", "without a path"),
        ("s3://data/" + "a" * 1100, "1110 characters"),
        ("data/eval.csv", "no address"),
    ],
)
def test_what_is_no_address_is_refused_and_no_secret_in_it_is_repeated(text, told):
    with pytest.raises(BadAddressError) as caught:
        parse_address(text)
    assert told in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("uri", "prefix", "inside"),
    [
        ("s3://data/v1/e.csv", "s3://data/v1/e.csv", True),
        ("s3://data/v1/e.csv", "s3://data/v1/", True),
        ("s3://data/v1/e.csv", "s3://data/v1", True),
        ("s3://data/v1/e.csv", "s3://data", True),
        ("s3://data/v1/e.csv", "s3://data/", True),
        ("s3://data/v10/e.csv", "s3://data/v1", False),
        ("s3://data/v1", "s3://data/v1/e.csv", False),
        ("s3://data2/v1/e.csv", "s3://data", False),
        ("gs://data/v1/e.csv", "s3://data", False),
        ("file:///srv/data2/e.csv", "file:///srv/data", False),
        ("file:///srv/data/e.csv", "file:///srv/data/", True),
        ("abfs://box/e.csv", "abfs://box@account1.dfs.core.windows.net", False),
    ],
)
def test_allowed_is_what_lies_below_by_whole_names(uri, prefix, inside):
    address, allowed = parse_address(uri), allowed_prefixes(["s3://never/", prefix])
    if inside:
        assert allowing(address, allowed) == allowed[1]
        return
    with pytest.raises(NotAllowedError, match="--allow-data"):
        allowing(address, allowed)


def test_nothing_is_allowed_by_nothing_and_never_the_whole_disk():
    with pytest.raises(NotAllowedError):
        allowing(parse_address("file:///etc/passwd"), allowed_prefixes([]))
    with pytest.raises(BadAddressError, match="without a path"):
        allowed_prefixes(["file:///"])


@given(
    scheme=st.sampled_from(["s3", "gs", "abfs", "file", "http"]),
    rest=st.text(alphabet="ab.-_/@:%?#\\ \u00e9\u202e\x00", max_size=24),
)
def test_whatever_is_taken_stays_below_its_folder_and_is_written_as_it_was(scheme, rest):
    text = f"{scheme}://{rest}"
    try:
        address = parse_address(text)
    except BadAddressError:
        return
    assert str(address) == text
    assert PurePosixPath(address.local).parts[0] == "fetched"
    assert posixpath.normpath(address.local) == address.local
    assert allowing(address, allowed_prefixes([text])) == address


def test_a_path_is_no_address():
    assert not is_address("data/eval.csv")
    assert not is_address("s3:/data/eval.csv")
    assert is_address("ftp://host/eval.csv")
