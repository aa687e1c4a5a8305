"""A policy that asks little, a submission that is large enough to be shared, and a cluster of two nodes."""

from __future__ import annotations

from pathlib import Path

import pytest
from largework import policy_text, write_large
from loopbackray import Cluster


@pytest.fixture(scope="session")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """On what is shared, what is asked of one host, and what is seen of hosts."""
    path = tmp_path_factory.mktemp("policy") / "policy.yaml"
    path.write_text(policy_text(), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A submission of 120,000 rows."""
    return write_large(tmp_path_factory.mktemp("large") / "submission")


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of Ray in a network namespace that has nothing but loopback."""
    with Cluster() as made:
        made.add_node()
        yield made
