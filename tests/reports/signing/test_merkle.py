"""The root binds names, contents and order; its form is that of RFC 6962."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from proofbox.reports.signing.merkle import files_root, leaf_hash, node_hash, tree_root

# Known answers of the RFC's own tree: certificate-transparency-go, trillian and pymerkle agree on them.
ENTRIES = [bytes.fromhex(one) for one in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def test_known_answers():
    assert tree_root([]) == hashlib.sha256(b"").digest()
    for number, root in ROOTS.items():
        assert tree_root([leaf_hash(entry) for entry in ENTRIES[:number]]).hex() == root


@given(st.lists(st.binary(max_size=3), min_size=2, max_size=40))
def test_the_root_of_a_tree_is_that_of_its_two_halves(entries):
    leaves = [leaf_hash(entry) for entry in entries]
    split = max(2**power for power in range(6) if 2**power < len(leaves))
    assert tree_root(leaves) == node_hash(tree_root(leaves[:split]), tree_root(leaves[split:]))


PAIRS = st.lists(st.tuples(st.text(max_size=4), st.sampled_from(["00" * 32, "11" * 32])), unique_by=lambda p: p[0])


@given(PAIRS, PAIRS)
def test_other_files_have_another_root(one, other):
    assert (files_root(one) == files_root(other)) == (sorted(one) == sorted(other))
    assert files_root(one) == files_root(reversed(one))
