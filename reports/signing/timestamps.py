"""When a signature was there: time stamps of RFC 3161, asked of an authority by name and verified offline.

The only import of rfc3161-client (extra ``timestamps``). The stamp is over the bytes of the signature, so that it
proves that the signature existed by then. Whoever signs names the authority; none is asked otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.parse import urlsplit

from proofbox.reports.signing.errors import KeyFileError, SigningFailedError, WrongTimeStampError

if TYPE_CHECKING:
    from types import ModuleType

    from cryptography import x509

    from proofbox.reports.signing.dsse import Envelope

MOST_BYTES = 200_000
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A time stamp authority, reached over HTTP (RFC 3161, 3.4)."""

    url: str

    def stamp(self, data: bytes) -> bytes:
        """Return the authority's response over ``data``, in DER."""
        client = _client()
        asked = client.TimestampRequestBuilder().data(data).build()
        raw = _posted(self.url, asked.as_bytes())
        try:
            answer = client.decode_timestamp_response(raw)
            right = answer.status == 0 and answer.tst_info.nonce == asked.nonce
            right = right and answer.tst_info.message_imprint.message == asked.message_imprint.message
        except ValueError as err:
            raise SigningFailedError(f"{self.url}: the answer is no time stamp ({err})") from err
        if not right:
            raise SigningFailedError(f"{self.url}: the authority refused, or stamped something else")
        return raw


def proven_time(envelope: Envelope, authorities: Sequence[x509.Certificate]) -> datetime | None:
    """Return the moment by which the signature was there; None where it carries no time stamp.

    Raises
    ------
    WrongTimeStampError
        There is one, and no authority was given; or it is not over this signature, or not by a given authority.
    KeyFileError
        The extra ``timestamps`` is not installed.
    """
    if not envelope.time_stamp:
        return None
    if not authorities:
        raise WrongTimeStampError("the signature is time-stamped; give the authority's certificate (--tsa-certificate)")
    client = _client()
    builder = client.VerifierBuilder(roots=list(authorities))
    try:
        answer = client.decode_timestamp_response(envelope.time_stamp)
        builder.build().verify_message(answer, envelope.signature)
        moment: datetime = answer.tst_info.gen_time
    except (ValueError, client.VerificationError) as err:
        why = " ".join(str(err).split())[:200]
        raise WrongTimeStampError(f"the time stamp is not over this signature by a given authority ({why})") from err
    return moment


def _posted(url: str, body: bytes) -> bytes:
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_given: object) -> None:
            """Go nowhere else: the user named this address and no other."""

    if urlsplit(url).scheme not in {"http", "https"}:
        raise SigningFailedError(f"{url}: got another kind of address, expected http:// or https://")
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        asked = Request(url, body, headers)  # noqa: S310 - the scheme was looked at
        with build_opener(Stay).open(asked, timeout=PATIENCE_SECONDS) as answer:
            raw: bytes = answer.read(MOST_BYTES + 1)
    except (URLError, OSError, ValueError) as err:
        raise SigningFailedError(f"{url}: the authority cannot be reached ({err}); nothing was signed") from err
    if len(raw) > MOST_BYTES:
        raise SigningFailedError(f"{url}: got more than {MOST_BYTES} bytes, expected a time stamp")
    return raw


def _client() -> ModuleType:
    try:
        import rfc3161_client
    except ImportError as err:
        raise KeyFileError("time stamps need the extra 'timestamps': pip install 'proofbox[timestamps]'") from err
    return rfc3161_client
