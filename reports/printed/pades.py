"""A signature inside a PDF (PAdES, ETSI EN 319 142-1, baseline B-B): the only import of pyHanko.

Who signs is the same key, file or token, that signs a bundle (:mod:`proofbox.reports.signing`); a PDF's readers know
certificates alone, so that a bare key cannot sign one.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from proofbox.reports.errors import LibraryMissingError
from proofbox.reports.signing.errors import KeyFileError

if TYPE_CHECKING:
    from pyhanko.sign.signers import Signer as PdfKey

    from proofbox.reports.signing.interface import Signer

FIELD = "Proofbox"

_MECHANISMS = {
    "Ed25519": ("ed25519", "sha512"),
    "ECDSA P-256": ("sha256_ecdsa", "sha256"),
    "ECDSA P-384": ("sha384_ecdsa", "sha384"),
}
"""Kind of key -> how it signs and what it hashes (RFC 5753, RFC 8419); every other is RSA with SHA-256."""
_RSA = ("sha256_rsa", "sha256")
_MOST_SIGNATURE_BYTES = 1024
"""Room for the longest signature: RSA of 8,192 bits."""


def signed_pdf(raw: bytes, signer: Signer) -> bytes:
    """Return a PDF with a signature over all of it; what was there stays as it is, and the signature follows it.

    Raises
    ------
    KeyFileError
        The signer has no certificate.
    LibraryMissingError
        pyHanko is not installed.
    SigningFailedError
        The token refused.
    """
    if not signer.chain:
        raise KeyFileError("a signature in a PDF needs a certificate, expected --key-certificate FILE beside the key")
    try:
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.sign.fields import SigSeedSubFilter
        from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
    except ImportError as err:
        hint = "install the extra: pip install 'proofbox[pades]'"
        raise LibraryMissingError(f"a signature in a PDF needs pyhanko; {hint}") from err
    key, digest = _pdf_key(signer)
    about = PdfSignatureMetadata(field_name=FIELD, md_algorithm=digest, subfilter=SigSeedSubFilter.PADES)
    out = io.BytesIO()
    PdfSigner(about, signer=key).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(raw)), output=out)
    return out.getvalue()


def _pdf_key(signer: Signer) -> tuple[PdfKey, str]:
    """Return the signer as pyHanko calls one, and the digest that goes with its key."""
    from asn1crypto.algos import SignedDigestAlgorithm
    from asn1crypto.x509 import Certificate
    from cryptography.x509 import load_der_x509_certificate
    from pyhanko.sign.signers import Signer as PdfKey
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    from proofbox.reports.signing.keys import kind_of, understood

    class Adapted(PdfKey):
        """Hands what pyHanko wants signed to the key or token."""

        async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
            del digest_algorithm
            return bytes(_MOST_SIGNATURE_BYTES) if dry_run else signer.sign(data)

    mine, *others = (Certificate.load(one) for one in signer.chain)
    kind = kind_of(understood(load_der_x509_certificate(signer.chain[0]).public_key()))
    mechanism, digest = _MECHANISMS.get(kind, _RSA)
    store = SimpleCertificateStore.from_certs(others)  # type: ignore[no-untyped-call] # the library has no type here
    adapted = Adapted(
        signing_cert=mine,
        cert_registry=store,
        signature_mechanism=SignedDigestAlgorithm({"algorithm": mechanism}),
    )
    return adapted, digest
