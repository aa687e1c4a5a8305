"""Statements about digests, signed so that anybody with the public key can hold their signer to them."""
