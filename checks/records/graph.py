"""The lineages of all records of a submission and what the submission itself says, as one graph."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from proofbox.checks.records.actual import path_of_role, taken_digests
from proofbox.checks.records.model import OWN, Node, NodeKind, Record
from proofbox.checks.subject import Subject

ASSESSMENT = "(this assessment)"
"""The station of the evidence that is being made; its digest is not known yet."""

_KINDS_OF_ROLES: Mapping[str, NodeKind] = {"model": "model", "evaluation": "dataset", "training": "dataset"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Stations and the ways between them."""

    nodes: Mapping[str, Node]
    """Id -> station; a file with a role has its path as id and the digest that was taken of it."""
    edges: frozenset[tuple[str, str]]
    declared: frozenset[tuple[str, str]]
    """Those of the edges that the submission states and no record."""
    unresolved: tuple[str, ...]
    """Ids that something was made of and that no record describes; each is a source of which nothing is known."""
    differing: tuple[str, ...]
    """Stations for which two digests are stated, or another one than that of the file."""
    model: str
    evaluation: str | None
    training: str | None

    def leading_to(self, end: str) -> frozenset[str]:
        """Return every station from which a way leads to ``end``."""
        return _reached(end, _following((made, origin) for origin, made in self.edges))

    def in_cycles(self) -> frozenset[str]:
        """Return the stations from which a way leads back to themselves."""
        return _in_cycles(self.nodes, self.edges)


@dataclass(slots=True)
class _Builder:
    digests: Mapping[str, str]
    """Path of a file, or of a folder with a role -> its digest."""
    role_of: Mapping[str, str]
    """Digest of a file with a role -> its path."""
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: set[tuple[str, str]] = field(default_factory=set)
    differing: set[str] = field(default_factory=set)
    called: dict[str, str] = field(default_factory=dict)
    """Other id -> id of the station."""

    def add(self, node: Node) -> None:
        """Add a station, or what another record says of the same one."""
        identity = self._identity(node)
        self.called[node.id] = identity
        known = self.nodes.get(identity)
        stated = known.sha256 if known and known.sha256 else self.digests.get(identity, "")
        if node.sha256 and stated and node.sha256.lower() != stated.lower():
            self.differing.add(identity)
        base = known or node
        self.nodes[identity] = Node(
            id=identity, kind=base.kind, label=base.label, sha256=stated or node.sha256, path=base.path
        )

    def connect(self, edges: Iterable[tuple[str, str]], own: str) -> None:
        """Add the ways that the record of the data file ``own`` states."""
        for origin, made in edges:
            ends = [own if end == OWN else self.called.get(end, end) for end in (origin, made)]
            # A source whose bytes are those of the file is the file, and was not made of itself.
            if ends[0] != ends[1] or origin == made:
                self.edges.add((ends[0], ends[1]))

    def _identity(self, node: Node) -> str:
        if node.id in self.called:
            return self.called[node.id]
        if node.path in self.digests:
            return node.path
        return self.role_of.get(node.sha256.lower(), node.id)


def lineage_graph(subject: Subject, records: Mapping[str, Record]) -> Graph:
    """Return the graph of a submission that has a model.

    Parameters
    ----------
    records
        Role of a data file -> its record.
    """
    paths = {role: path_of_role(subject, role) for role in _KINDS_OF_ROLES}
    roles = {role: path for role, path in paths.items() if path is not None}
    digests = taken_digests(subject)
    role_of = {digests[path]: path for path in roles.values() if path in digests}
    builder = _Builder(digests=digests, role_of=role_of)
    for role, path in roles.items():
        builder.add(Node(id=path, kind=_KINDS_OF_ROLES[role], label=path, path=path))
    for role, record in records.items():
        builder.called |= dict.fromkeys(record.lineage.called, roles[role])
    for record in records.values():
        for node in record.lineage.nodes:
            builder.add(node)
    for role, record in records.items():
        builder.connect(record.lineage.edges, roles[role])
    unresolved = sorted({end for edge in builder.edges for end in edge} - set(builder.nodes))
    for name in unresolved:
        builder.nodes[name] = Node(id=name, kind="source", label=name)
    declared = _stated_by_submission(builder, roles)
    return Graph(
        nodes=dict(sorted(builder.nodes.items())),
        edges=frozenset(builder.edges | declared),
        declared=frozenset(declared),
        unresolved=tuple(unresolved),
        differing=tuple(sorted(builder.differing)),
        model=roles["model"],
        evaluation=roles.get("evaluation"),
        training=roles.get("training"),
    )


def _stated_by_submission(builder: _Builder, roles: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return the edges that follow from what the submission calls its files, where no record says more."""
    model = roles["model"]
    builder.nodes[ASSESSMENT] = Node(id=ASSESSMENT, kind="evidence", label=ASSESSMENT)
    stated = {(path, ASSESSMENT) for role, path in roles.items() if role != "training"}
    training = roles.get("training")
    if training and model not in _reached(training, _following(builder.edges)):
        stated.add((training, model))
    return stated


def _following(edges: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    following: dict[str, list[str]] = {}
    for origin, made in sorted(edges):
        following.setdefault(origin, []).append(made)
    return following


def _reached(start: str, following: Mapping[str, list[str]]) -> frozenset[str]:
    reached: set[str] = set()
    open_ends = [start]
    while open_ends:
        for made in following.get(open_ends.pop(), ()):
            if made not in reached:
                reached.add(made)
                open_ends.append(made)
    return frozenset(reached)


def _in_cycles(nodes: Collection[str], edges: Collection[tuple[str, str]]) -> frozenset[str]:
    """Return the members of strongly connected components of more than one station, and those that lead to themselves.

    Two walks, by Kosaraju and Sharir: the stations in the order in which a walk leaves them, then backwards from the
    last; each backward walk is one component.
    """
    left = _leaving_order(nodes, _following(edges))
    before = _following((made, origin) for origin, made in edges)
    found = {origin for origin, made in edges if origin == made}
    placed: set[str] = set()
    for start in reversed(left):
        if start in placed:
            continue
        component, open_ends = {start}, [start]
        while open_ends:
            new = [one for one in before.get(open_ends.pop(), ()) if one not in placed and one not in component]
            component.update(new)
            open_ends += new
        placed |= component
        if len(component) > 1:
            found |= component
    return frozenset(found)


def _leaving_order(nodes: Collection[str], following: Mapping[str, list[str]]) -> list[str]:
    left: list[str] = []
    seen: set[str] = set()
    for start in sorted(nodes):
        if start in seen:
            continue
        seen.add(start)
        walk = [(start, iter(following.get(start, ())))]
        while walk:
            here, ways = walk[-1]
            ahead = next((one for one in ways if one not in seen), None)
            if ahead is None:
                left.append(here)
                walk.pop()
            else:
                seen.add(ahead)
                walk.append((ahead, iter(following.get(ahead, ()))))
    return left
