"""The envelope that carries signed bytes and a signature over them: DSSE 1.0.2, with one signature.

https://github.com/secure-systems-lab/dsse/blob/master/protocol.md, envelope.md. The signed bytes are kept as they are
and never encoded again. Two keys are added to a signature, as the specification allows: ``x5c`` (certificates in DER,
the signer's own first, named as in RFC 7515, 4.1.6) and ``rfc3161`` (a time stamp over the signature). An envelope is
written as canonical JSON and read in no other form: there is one file for one signature, and no byte to play with.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import cast

from proofbox.reports.canonical import canonical_bytes, sha256_hex, strict_json
from proofbox.reports.errors import CanonicalError
from proofbox.reports.signing.errors import BadEnvelopeError

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MOST_BYTES = 20_000_000
MOST_CERTIFICATES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Signed bytes and the signature over them."""

    payload: bytes
    """What was signed, exactly."""
    keyid: str
    """sha256 of the public key (SubjectPublicKeyInfo in DER), 64 hex digits; a hint, not signed itself."""
    signature: bytes
    chain: tuple[bytes, ...] = ()
    """Certificates in DER, the signer's own first; empty where a bare key signed."""
    time_stamp: bytes = b""
    """RFC 3161 response over the signature, in DER; empty where no authority was asked."""

    @property
    def signed_bytes(self) -> bytes:
        """What the signature is over."""
        return pae(PAYLOAD_TYPE, self.payload)

    def to_bytes(self) -> bytes:
        """Return the file's bytes."""
        signature: dict[str, object] = {"keyid": self.keyid, "sig": _b64(self.signature)}
        if self.chain:
            signature["x5c"] = [_b64(certificate) for certificate in self.chain]
        if self.time_stamp:
            # The signature in a time stamp leaves some bytes of it out (RFC 5652, 5.4); the digest leaves none.
            signature["rfc3161"] = {"response": _b64(self.time_stamp), "sha256": sha256_hex(self.time_stamp)}
        return canonical_bytes({"payload": _b64(self.payload), "payloadType": PAYLOAD_TYPE, "signatures": [signature]})


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding: ``DSSEv1 SP LEN(type) SP type SP LEN(body) SP body``."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def read_envelope(raw: bytes) -> Envelope:
    """Read an envelope that this product wrote.

    Raises
    ------
    BadEnvelopeError
        It is none: no JSON, a key twice, more than one signature, base64 or JSON in another form than the canonical.
    """
    try:
        if len(raw) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES} bytes")
        document = cast("dict[str, object]", strict_json(raw))
        (signature,) = cast("list[dict[str, object]]", document["signatures"])
        chain = cast("list[str]", signature.get("x5c", []))
        envelope = Envelope(
            payload=_bytes(document["payload"]),
            keyid=str(signature["keyid"]),
            signature=_bytes(signature["sig"]),
            chain=tuple(_bytes(one) for one in chain[: MOST_CERTIFICATES + 1]),
            time_stamp=_bytes(cast("dict[str, object]", signature.get("rfc3161", {})).get("response", "")),
        )
        if len(chain) > MOST_CERTIFICATES or envelope.to_bytes() != raw:
            raise ValueError("other keys, another form or more than is written")
    except (CanonicalError, ValueError, KeyError, TypeError, AttributeError) as err:
        raise BadEnvelopeError(f"no DSSE envelope that this version writes ({type(err).__name__}: {err})") from err
    return envelope


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: object) -> bytes:
    if not isinstance(text, str):
        raise TypeError(f"got {type(text).__name__}, expected base64")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as err:
        raise ValueError(f"not base64 ({err})") from err
