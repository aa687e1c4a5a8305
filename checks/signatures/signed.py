"""Signatures of models in the form of OpenSSF model signing: what one says, read without trusting it.

The file is a Sigstore bundle: a DSSE envelope over an in-toto statement that lists (name, digest) of every signed file.
The statement's own root digest is made of the digests alone and binds no names: it is checked for consistency, and it
is the listed names and digests that are compared with the submission.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from proofbox.checks.artefacts.files import read_submitted
from proofbox.checks.documents.document import Document
from proofbox.checks.documents.jsontext import read_json
from proofbox.checks.documents.validation import Model
from proofbox.checks.documents.validation import check as validate
from proofbox.checks.errors import BadDataError
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text, t

MOST_BYTES = 5_000_000
PAYLOAD_TYPE = "application/vnd.in-toto+json"


class _Signature(BaseModel):
    sig: str = Field(max_length=10_000)


class _Envelope(BaseModel):
    payload: str
    payloadType: Literal["application/vnd.in-toto+json"]  # noqa: N815 - the key's name in the file
    signatures: tuple[_Signature, ...] = Field(min_length=1, max_length=1)


class _Certificate(BaseModel):
    rawBytes: str = Field(max_length=20_000)  # noqa: N815


class _Chain(BaseModel):
    certificates: tuple[_Certificate, ...] = Field(min_length=1, max_length=8)


class _Material(BaseModel):
    x509CertificateChain: _Chain | None = None  # noqa: N815


class _Bundle(BaseModel):
    verificationMaterial: _Material = _Material()  # noqa: N815
    dsseEnvelope: _Envelope  # noqa: N815


class _Digest(BaseModel):
    sha256: str


class _StatementSubject(BaseModel):
    digest: _Digest


class _Resource(BaseModel):
    name: str = Field(min_length=1, max_length=2000)
    algorithm: Literal["sha256"]
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")


class _Serialization(BaseModel):
    method: Literal["files"]


class _Predicate(BaseModel):
    serialization: _Serialization
    resources: tuple[_Resource, ...] = Field(min_length=1)


class _Statement(BaseModel):
    subject: tuple[_StatementSubject, ...] = Field(min_length=1, max_length=1)
    predicateType: Literal["https://model_signing/signature/v1.0"]  # noqa: N815
    predicate: _Predicate


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a signature file says; none of it is trusted yet."""

    path: str
    payload: bytes
    """The signed bytes, exactly as they were signed."""
    value: bytes
    """The signature over them."""
    chain: tuple[bytes, ...]
    """Certificates in DER, the signer's own first; empty where it was made with a bare key."""
    files: Mapping[str, str]
    """Name, relative to the signed folder (``.`` for a single file) -> sha256."""

    @property
    def signed_bytes(self) -> bytes:
        """The pre-authentication encoding of DSSE 1.0, over which the signature is made."""
        return b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(self.payload), self.payload)


def read_signature(subject: Subject, path: str) -> Signature | Text:
    """Read a signature file of the submission; return why it cannot be read where it cannot."""
    try:
        bundle = _parsed(read_json(read_submitted(subject.root, path, MOST_BYTES), path, MOST_BYTES), _Bundle)
        envelope = bundle.dsseEnvelope
        payload = _decoded(envelope.payload, "dsseEnvelope.payload")
        statement = _parsed(read_json(payload, f"{path}, signed statement", MOST_BYTES), _Statement)
        chain = bundle.verificationMaterial.x509CertificateChain
        return Signature(
            path=path,
            payload=payload,
            value=_decoded(envelope.signatures[0].sig, "dsseEnvelope.signatures[0].sig"),
            chain=() if chain is None else tuple(_decoded(one.rawBytes, "rawBytes") for one in chain.certificates),
            files=_files(statement),
        )
    except BadDataError as err:
        return t("the signature cannot be read: {why}", why=str(err))


def _parsed(document: Document, model: type[Model]) -> Model:
    found, problems = validate(document, model)
    if found is None:
        raise BadDataError(str(problems[0]))
    return found


def _decoded(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as err:
        raise BadDataError(f"{where}: got text that is not base64 ({err})") from err


def _files(statement: _Statement) -> Mapping[str, str]:
    resources = statement.predicate.resources
    files = {one.name: one.digest for one in resources}
    if len(files) < len(resources):
        raise BadDataError("the signed statement names a file twice")
    root = hashlib.sha256(b"".join(bytes.fromhex(one.digest) for one in resources)).hexdigest()
    if root != statement.subject[0].digest.sha256:
        raise BadDataError("the signed statement's root digest is not that of the digests it lists")
    return files
