"""Data in parts by address: what is listed and fetched, what is refused, and that nothing of a failure is left."""

from __future__ import annotations

import os

import pytest

from proofbox.runners.remote import folders, source
from proofbox.runners.remote.errors import FetchError, NotAllowedError
from proofbox.runners.remote.fetching import FetchLimits
from proofbox.runners.remote.folders import fetch_data

BODY = b"income,approved\n" + b"1200,1\n900,0\n" * 400
STORES = (
    ("s3://data", "AWS_ENDPOINT_URL"),
    ("gs://data", "CLOUD_STORAGE_EMULATOR_ENDPOINT"),
    ("abfs://box@account1.dfs.core.windows.net", "AZURE_STORAGE_SERVICE_ENDPOINT"),
)


@pytest.mark.parametrize(("bucket", "variable"), STORES)
def test_the_parts_come_in_order_and_the_marks_stay_where_they_are(store, plain, tmp_path, bucket, variable):
    plain.setenv(variable, store.url)
    store.listed = ["v1/e/_SUCCESS", "v1/e/part-1.parquet", "v1/e/part-0.parquet"]
    found = fetch_data(f"{bucket}/v1/e/", [f"{bucket}/v1/"], tmp_path)
    assert [one.uri for one in found] == [f"{bucket}/v1/e/part-0.parquet", f"{bucket}/v1/e/part-1.parquet"]
    assert all(one.path.read_bytes() == BODY and one.path == tmp_path / one.local for one in found)
    assert not any("_SUCCESS" in path for path in store.paths)


@pytest.mark.parametrize(("bucket", "variable"), STORES)
def test_no_store_sends_a_listing_to_another_address(store, plain, tmp_path, bucket, variable):
    plain.setenv(variable, store.url)
    with pytest.raises(FetchError):
        fetch_data(f"{bucket}/moved/", [bucket], tmp_path)
    assert store.asked  # that nobody else was is asserted where the other server ends


@pytest.fixture
def s3(store, plain):
    plain.setenv("AWS_ENDPOINT_URL", store.url)
    return store


def test_a_folder_above_which_nobody_allowed_is_not_listed(s3, tmp_path):
    with pytest.raises(NotAllowedError, match="--allow-data s3://data/v1/e/"):
        fetch_data("s3://data/v1/e/", ["s3://data/v1/e/part-0.parquet"], tmp_path)
    assert not s3.asked


def test_a_part_that_cannot_be_had_leaves_nothing_of_the_others(s3, tmp_path):
    s3.listed = ["e/a.parquet", "e/none.csv"]
    with pytest.raises(FetchError, match=r"the file 'none\.csv' in a folder of data, at s3://data/e/"):
        fetch_data("s3://data/e/", ["s3://data"], tmp_path)
    s3.listed[1:] = ["e/gone.parquet"]
    with pytest.raises(FetchError, match=r"no object at s3://data/e/gone\.parquet"):
        fetch_data("s3://data/e/", ["s3://data"], tmp_path)
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_setting_that_cannot_be_used_is_told_as_for_one_object(plain, tmp_path):
    plain.setenv("AWS_ENDPOINT_URL", "nowhere")
    with pytest.raises(FetchError, match="AWS_ENDPOINT_URL"):
        fetch_data("s3://data/e/", ["s3://data"], tmp_path)


@pytest.fixture
def here(tmp_path):
    """A folder of this machine with two parts and a mark, and its address."""
    folder = tmp_path / "data/e"
    folder.mkdir(parents=True)
    for name in ("b.parquet", "a.parquet", "_SUCCESS"):
        (folder / name).write_bytes(name.encode())
    return folder, f"file://{folder}/"


def test_a_folder_of_this_machine_is_fetched_whatever_the_umask(here, tmp_path):
    folder, uri = here
    usual = os.umask(0o077)
    try:
        found = fetch_data(uri, [uri], tmp_path / "into")
    finally:
        os.umask(usual)
    assert [(one.uri, one.path.read_bytes()) for one in found] == [
        (f"file://{folder}/a.parquet", b"a.parquet"),
        (f"file://{folder}/b.parquet", b"b.parquet"),
    ]
    assert found[0].path.parent.stat().st_mode & 0o777 == 0o755


def test_what_a_folder_of_this_machine_may_not_be(here, tmp_path):
    folder, uri = here
    allowed, into = [f"file://{folder.parent}"], tmp_path / "into"

    def refused(told, limits=None, of=uri):
        with pytest.raises(FetchError, match=told):
            fetch_data(of, allowed, into, limits)
        assert not list(into.rglob("*.parquet"))

    refused("18 bytes at", FetchLimits(file_bytes=17))
    refused("no folder that can be read", of=f"{uri}a.parquet/")
    (tmp_path / "secret.parquet").write_bytes(b"secret")
    (folder / "c.parquet").symlink_to(tmp_path / "secret.parquet")
    refused("leads out of the allowed")
    (folder / "c.parquet").unlink()
    (folder / "year=2026").mkdir()
    refused("the folder 'year=2026' in a folder of data, at file://")


def test_a_folder_that_is_written_to_meanwhile_is_not_taken(here, tmp_path, monkeypatch):
    folder, uri = here
    listed = source.list_folder

    def then_written(*given):
        found = listed(*given)
        (folder / "late.parquet").write_bytes(b"late")
        return found

    monkeypatch.setattr(source, "list_folder", then_written)
    with pytest.raises(FetchError, match="do not write to it while it is fetched"):
        fetch_data(uri, [uri], tmp_path / "into")
    assert not list((tmp_path / "into").rglob("*.parquet"))


def test_more_names_than_are_listed_are_too_many(here, tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MOST_LISTED", 2)
    with pytest.raises(FetchError, match="more than 2 names"):
        fetch_data(here[1], [here[1]], tmp_path / "into")


def test_a_part_that_is_handed_in_never_stands_among_those_that_are_fetched(here, tmp_path):
    folder, uri = here
    planted = tmp_path / f"into/fetched/file{folder}/z.parquet"
    planted.parent.mkdir(parents=True)
    planted.write_bytes(b"planted")
    with pytest.raises(FetchError, match="already"):
        fetch_data(uri, [uri], tmp_path / "into")
    assert planted.read_bytes() == b"planted"
