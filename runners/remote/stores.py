"""Which filesystem of pyarrow reads an object, with what the operator's environment says and nothing else.

Left to themselves the clients look for credentials at the metadata service of a cloud's machine (169.254.169.254,
``metadata.google.internal``), an address that nobody named. So each is told what to use, and is anonymous without it:
``s3`` by ``AWS_EC2_METADATA_DISABLED`` (see :func:`surroundings`), ``gs`` and ``abfs`` by what is passed here.

The program that reads (``reader.py``) runs in a process of its own; nothing but this folder is imported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofbox.runners.remote.relay import Relay

if TYPE_CHECKING:
    from pyarrow import fs

CONNECT_SECONDS = 10.0
ATTEMPTS = 3
"""How often a request is made that fails in a way that may pass."""
RETRY_SECONDS = 30
"""For how long ``gs`` makes such a request again."""

_ENDPOINT = re.compile(r"(https?)://([A-Za-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9a-fA-F:]+\](?::[0-9]{1,5})?)/?")
_NO_METADATA = "AWS_EC2_METADATA_DISABLED"
_LOUD = ("ARROW_S3_LOG_LEVEL", "GOOGLE_CLOUD_CPP_ENABLE_CLOG", "GOOGLE_CLOUD_CPP_EXPERIMENTAL_LOG_CONFIG",
         "GOOGLE_CLOUD_CPP_ENABLE_TRACING", "AZURE_LOG_LEVEL")  # fmt: skip
"""By these a client writes down its requests, with what signs them."""


_CLIENTS = {"s3": "_s3fs", "gs": "_gcsfs", "abfs": "_azurefs"}
"""Scheme -> the module of pyarrow that holds its client; a pyarrow may be built without."""


class BadSettingError(Exception):
    """A variable of the environment cannot be used; its name is told, never its value."""


def readable() -> dict[str, bool]:
    """Return scheme -> whether the pyarrow that is installed has a client for it; nothing is imported."""
    found = find_spec("pyarrow")
    folder = Path(found.origin).parent if found and found.origin else None
    return {scheme: folder is not None and any(folder.glob(f"{name}.*so")) for scheme, name in _CLIENTS.items()}


def surroundings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for the process that reads: the operator's own, without the metadata service.

    ``AWS_EC2_METADATA_DISABLED=false`` in the operator's environment is the operator's word and stays; anything else
    there is not, since the client takes all but ``true`` for a no.
    """
    kept = {name: value for name, value in environ.items() if name not in _LOUD}
    asked = environ.get(_NO_METADATA, "").lower() == "false"
    return {**kept, _NO_METADATA: "false" if asked else "true"}


def opened(scheme: str, authority: str, key: str, environ: Mapping[str, str]) -> tuple[fs.FileSystem, str]:
    """Return the filesystem and the path of an object in it; nothing is contacted yet.

    Parameters
    ----------
    scheme, authority, key
        As :class:`proofbox.runners.remote.address.Address` has them; ``file`` is not read here.

    Raises
    ------
    BadSettingError
        A variable of the environment cannot be used, or one is missing.
    """
    from pyarrow import fs

    if scheme == "s3":
        options = s3_options(environ)
        if "endpoint_override" in options and "proxy_options" not in options:
            relay = Relay(options["scheme"], options["endpoint_override"], CONNECT_SECONDS)
            options["proxy_options"] = {"scheme": "http", "host": "127.0.0.1", "port": relay.port}
        return fs.S3FileSystem(**options), f"{authority}/{key}"
    if scheme == "gs":
        return fs.GcsFileSystem(**gs_options(environ)), f"{authority}/{key}"
    container, _, host = authority.partition("@")
    account = host.partition(".")[0] or environ.get("AZURE_STORAGE_ACCOUNT", "")
    if not re.fullmatch("[a-z0-9]{3,24}", account):
        raise BadSettingError("AZURE_STORAGE_ACCOUNT")
    options = abfs_options(environ)
    if options.keys() & {"account_key", "sas_token", "client_id"}:
        return fs.AzureFileSystem(account, **options), f"{container}/{key}"
    # Only by an address can this client be told to be anonymous.
    filesystem, _ = fs.FileSystem.from_uri(_anonymous(account, container, environ))
    return filesystem, f"{container}/{key}"


def s3_options(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the options for ``s3``; credentials are found by the client itself, in variables and files of its own."""
    from pyarrow.fs import AwsStandardS3RetryStrategy

    options: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "retry_strategy": AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
    }
    name = "AWS_ENDPOINT_URL_S3" if environ.get("AWS_ENDPOINT_URL_S3") else "AWS_ENDPOINT_URL"
    endpoint = _endpoint(environ, name)
    if endpoint:
        options["scheme"], options["endpoint_override"] = endpoint
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if region:
        options["region"] = region
    if bundle := environ.get("AWS_CA_BUNDLE"):
        options["tls_ca_file_path"] = bundle
    if proxy := _proxy(environ, *(endpoint or ("https", "s3.amazonaws.com"))):
        options["proxy_options"] = proxy
    return options


def gs_options(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the options for ``gs``; without a file of credentials it is anonymous."""
    from datetime import timedelta

    options: dict[str, Any] = {"retry_time_limit": timedelta(seconds=RETRY_SECONDS)}
    if endpoint := _endpoint(environ, "CLOUD_STORAGE_EMULATOR_ENDPOINT"):
        options["scheme"], options["endpoint_override"] = endpoint
    usual = Path(environ.get("HOME", "/")) / ".config/gcloud/application_default_credentials.json"
    named = environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    if named and not Path(named).is_file():
        raise BadSettingError("GOOGLE_APPLICATION_CREDENTIALS")
    if not named and not usual.is_file():
        options["anonymous"] = True
    return options


def abfs_options(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the options for ``abfs``: the first of key, SAS token and service principal that is there, or none."""
    options: dict[str, Any] = {}
    if endpoint := _endpoint(environ, "AZURE_STORAGE_SERVICE_ENDPOINT"):
        for service in ("blob", "dfs"):
            options[f"{service}_storage_scheme"], options[f"{service}_storage_authority"] = endpoint
    principal = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
    if key := environ.get("AZURE_STORAGE_KEY"):
        options["account_key"] = key
    elif token := environ.get("AZURE_STORAGE_SAS_TOKEN"):
        options["sas_token"] = token
    elif all(environ.get(name) for name in principal):
        options |= {name.removeprefix("AZURE_").lower(): environ[name] for name in principal}
    return options


def _anonymous(account: str, container: str, environ: Mapping[str, str]) -> str:
    endpoint = _endpoint(environ, "AZURE_STORAGE_SERVICE_ENDPOINT")
    if endpoint is None:
        return f"abfs://{container}@{account}.dfs.core.windows.net/?credential_kind=anonymous"
    tls = "true" if endpoint[0] == "https" else "false"
    return f"abfs://{account}@{endpoint[1]}/{container}?credential_kind=anonymous&enable_tls={tls}"


def _proxy(environ: Mapping[str, str], scheme: str, host: str) -> str | None:
    """Return the operator's proxy for a host, which this client does not look up itself; None where there is none."""
    proxy, without = (environ.get(f"{name}_proxy") or environ.get(f"{name.upper()}_PROXY") for name in (scheme, "no"))
    bare = re.sub(r":[0-9]+$", "", host)
    for name in (without or "").split(","):
        if name.strip() == "*" or f".{bare}".endswith(f".{name.strip().lstrip('.') or '/'}"):
            return None
    return proxy or None


def _endpoint(environ: Mapping[str, str], name: str) -> tuple[str, str] | None:
    """Return scheme and host of an endpoint that the operator named; None where there is none."""
    text = environ.get(name)
    if not text:
        return None
    found = _ENDPOINT.fullmatch(text)
    if found is None:
        raise BadSettingError(name)
    return found[1], found[2]
