"""One root over many entries: the hash tree of RFC 6962, section 2.1 (RFC 9162, 2.1.1), with SHA-256.

A leaf is hashed behind a zero byte and an inner node behind a one, so that no node can pass for a leaf. The tree of n
entries is split at the largest power of two below n; that of none is the hash of nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from proofbox.reports.canonical import canonical_bytes


def leaf_hash(entry: bytes) -> bytes:
    """Return the 32 bytes that stand for one entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32 bytes over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over hashes of leaves, in their order: 32 bytes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(tree_root(leaves[:split]), tree_root(leaves[split:]))


def files_root(files: Iterable[tuple[str, str]]) -> str:
    """Return the root over (path, sha256 in hex) pairs, sorted by path: 64 hex digits.

    An entry is the canonical JSON of ``[path, sha256]``: the root binds the names as well as the contents.
    """
    return tree_root([leaf_hash(canonical_bytes([path, digest])) for path, digest in sorted(files)]).hex()
