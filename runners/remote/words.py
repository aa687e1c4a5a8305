"""What is said of an object that cannot be had: by kind, with what to do; nothing that a client said is repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.runners.remote.errors import FetchError

if TYPE_CHECKING:
    from proofbox.runners.remote.address import Address

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS (the path of a file)",
    "abfs": "AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN, or AZURE_TENANT_ID with AZURE_CLIENT_ID and"
    " AZURE_CLIENT_SECRET",
}
_ENDPOINTS = {
    "s3": "AWS_ENDPOINT_URL",
    "gs": "CLOUD_STORAGE_EMULATOR_ENDPOINT",
    "abfs": "AZURE_STORAGE_SERVICE_ENDPOINT",
}
_SAID = {
    "missing": (
        "no object at {address}",
        "one that is there",
        "check bucket and key; a folder of Parquet parts is named with a slash at its end",
    ),
    "denied": (
        "a refusal of the store for {address}{code}",
        "that it may be read",
        "credentials are taken from the environment: {credentials}; without them it is asked for as anybody could",
    ),
    "unreachable": (
        "no answer of the store for {address}{code}",
        "a store that can be reached",
        "check the network; another endpoint than the cloud's own is named by {endpoint} in the environment",
    ),
    "elsewhere": (
        "the answer that {address} is somewhere else{code}",
        "the object itself, since no other address is asked than the one that was allowed",
        "a bucket of another region wants AWS_REGION in the environment",
    ),
    "setting": (
        "the variable{code} of the environment missing or not usable, for {address}",
        "an endpoint as http://HOST:PORT, an account's name, or the path of a file that is there",
        "docs/remote.md lists the variables",
    ),
    "unsupported": (
        "a pyarrow without a client for {address}",
        "one with it",
        "install pyarrow from its own wheel: 'proofbox doctor' says what is there",
    ),
    "changed": (
        "another object at {address} after it was read than before",
        "one that stays the same",
        "do not write to it while it is fetched; try again",
    ),
    "silent": (
        "nothing more from the store of {address} within the time that it has",
        "its bytes",
        "try again, or copy the file nearer",
    ),
    "ended": (
        "an end of the program that reads {address}, before it was done",
        "the whole object",
        "try again; the clients of clouds end so where their settings contradict each other",
    ),
    "failed": ("an error of the store for {address}{code}", "the object", "try again; ask who runs the store"),
}


def cannot(kind: str, address: Address, code: str = "") -> FetchError:
    """Return the error for an object that cannot be had.

    Parameters
    ----------
    kind
        As the program that reads tells it; one that is not known counts as ``failed``.
    code
        A store's own code or the name of a variable, of capital letters, digits and ``_`` alone; else left out.
    """
    plain = code.isascii() and code.replace("_", "").isalnum() and code.upper() == code and len(code) <= 40
    told = {
        "address": address,
        "code": f" ({code})" if plain else "",
        "credentials": _CREDENTIALS.get(address.scheme, ""),
        "endpoint": _ENDPOINTS.get(address.scheme, ""),
    }
    got, expected, hint = _SAID.get(kind, _SAID["failed"])
    return FetchError(got.format(**told), expected, hint.format(**told))
