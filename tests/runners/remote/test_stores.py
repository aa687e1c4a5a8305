from __future__ import annotations

from types import SimpleNamespace

import pytest

from proofbox.runners.remote import stores

KEY = "Y2FuYXJ5"


def test_the_metadata_service_of_a_cloud_is_off_unless_the_operator_says_otherwise():
    name = "AWS_EC2_METADATA_DISABLED"
    assert stores.surroundings({})[name] == "true"
    said = {"": "true", "1": "true", "TRUE": "true", "no": "true", "false": "false", "False": "false"}
    assert {value: stores.surroundings({name: value})[name] for value in said} == said


def test_what_pyarrow_was_built_with_is_seen_without_importing_it(tmp_path, monkeypatch):
    assert stores.readable() == {"s3": True, "gs": True, "abfs": True}
    for name in ("__init__.py", "_s3fs.cpython-311-x86_64-linux-gnu.so", "_gcsfs.pyx"):
        (tmp_path / name).touch()
    monkeypatch.setattr(stores, "find_spec", lambda _name: SimpleNamespace(origin=str(tmp_path / "__init__.py")))
    assert stores.readable() == {"s3": True, "gs": False, "abfs": False}


def test_no_client_may_write_its_requests_down():
    loud = {"ARROW_S3_LOG_LEVEL": "TRACE", "AZURE_LOG_LEVEL": "verbose", "GOOGLE_CLOUD_CPP_ENABLE_CLOG": "yes"}
    assert stores.surroundings({**loud, "AWS_REGION": "x"}) == {"AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "x"}


def test_s3_goes_where_the_environment_says_and_leaves_credentials_to_its_client():
    plain = stores.s3_options({"AWS_SECRET_ACCESS_KEY": KEY})
    assert set(plain) == {"connect_timeout", "retry_strategy"}
    env = {"AWS_ENDPOINT_URL": "http://a.example:9000", "AWS_ENDPOINT_URL_S3": "https://b.example/", "AWS_REGION": "r"}
    found = stores.s3_options(env)
    assert (found["scheme"], found["endpoint_override"], found["region"]) == ("https", "b.example", "r")


@pytest.mark.parametrize(
    ("env", "proxy"),
    [
        ({}, None),
        ({"https_proxy": "http://proxy.example:3128"}, "http://proxy.example:3128"),
        ({"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "other.example"}, "http://proxy.example:3128"),
        ({"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "amazonaws.com"}, None),
        ({"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "notamazonaws.com,"}, "http://proxy.example:3128"),
        ({"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "*"}, None),
        ({"http_proxy": "http://proxy.example:3128"}, None),
        ({"http_proxy": "http://proxy.example:1", "AWS_ENDPOINT_URL": "http://a.example"}, "http://proxy.example:1"),
    ],
)
def test_s3_goes_by_the_operators_proxy(env, proxy):
    assert stores.s3_options(env).get("proxy_options") == proxy


def test_google_is_anonymous_without_a_file_of_credentials(tmp_path):
    env = {"HOME": str(tmp_path)}
    assert stores.gs_options(env)["anonymous"] is True
    file = tmp_path / "key.json"
    with pytest.raises(stores.BadSettingError, match="GOOGLE_APPLICATION_CREDENTIALS"):
        stores.gs_options({**env, "GOOGLE_APPLICATION_CREDENTIALS": str(file)})
    file.write_text("{}")
    assert "anonymous" not in stores.gs_options({**env, "GOOGLE_APPLICATION_CREDENTIALS": str(file)})
    usual = tmp_path / ".config/gcloud/application_default_credentials.json"
    usual.parent.mkdir(parents=True)
    usual.write_text("{}")
    assert "anonymous" not in stores.gs_options(env)


@pytest.mark.parametrize(
    ("env", "options"),
    [
        ({}, {}),
        ({"AZURE_STORAGE_KEY": KEY, "AZURE_STORAGE_SAS_TOKEN": "sig"}, {"account_key": KEY}),
        ({"AZURE_STORAGE_SAS_TOKEN": "sig"}, {"sas_token": "sig"}),
        ({"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c"}, {}),
        (
            {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"},
            {"tenant_id": "t", "client_id": "c", "client_secret": "s"},
        ),
    ],
)
def test_azure_takes_the_first_credential_that_is_whole(env, options):
    assert stores.abfs_options(env) == options


def test_azure_wants_an_account():
    with pytest.raises(stores.BadSettingError, match="AZURE_STORAGE_ACCOUNT"):
        stores.opened("abfs", "box", "e.csv", {})
    filesystem, path = stores.opened("abfs", "box@account1.dfs.core.windows.net", "e.csv", {})
    assert (filesystem.type_name, path) == ("abfs", "box/e.csv")


@pytest.mark.parametrize(
    "endpoint",
    ["ftp://host", "http://user:pass@host", "http://host/path", "host:9000", "http://host:9000?x=1", "http://"],
)
def test_an_endpoint_that_is_none_is_told_by_the_name_of_its_variable(endpoint):
    for name, options in (
        ("AWS_ENDPOINT_URL", stores.s3_options),
        ("CLOUD_STORAGE_EMULATOR_ENDPOINT", stores.gs_options),
        ("AZURE_STORAGE_SERVICE_ENDPOINT", stores.abfs_options),
    ):
        with pytest.raises(stores.BadSettingError) as caught:
            options({name: endpoint})
        assert str(caught.value) == name
