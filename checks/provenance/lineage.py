"""Whether the way from the sources of the data to the model is whole: nothing in a circle, nothing without a digest.

## Measures

- `nodes_in_cycles`: [0, inf), lower is better, 0 is perfect. Stations that were made of themselves, over whatever way.
- `nodes_with_digest`: [0, 1], higher is better, 1 is perfect. The share of stations with a well-formed sha256 that
  nothing contradicts.
- `sources_reaching_model`: [0, 1], higher is better, 1 is perfect. The share of the declared sources from which a way
  leads to the model; sources of the evaluation data alone are left out, since a model is tested on them and not made
  of them.
- `unresolved_references`: [0, inf), lower is better, 0 is perfect. Stations that something is said to be made of and
  that no record describes.

## Method

The records of all data files (Croissant `prov:wasDerivedFrom` and `prov:wasGeneratedBy`, `provenance.source` of the
Data Provenance Standards, the relations of PROV-JSON, `lineage` of our own record) are joined into one graph of
sources, transformations, data sets, training runs, model and evidence. Stations are one where they have the same id,
are the same file of the submission, or have the digest of one. Files of the submission have the digest that was taken
when they came in. What `submission.yaml` says is added where no record says more: the model was made of the training
data, and this assessment of model and evaluation data. A digest counts if it has 64 hex digits and no other one is
stated for the same station; the assessment itself, which has none yet, is not counted.

## Limits

The graph is what the provider says. That every step is there and leads on does not show that it happened; a step that
was left out is not seen. A digest of a file that is not in the submission cannot be compared.

## References

- W3C, PROV-DM and PROV-JSON (2013).
- Sharir, "A strong-connectivity algorithm and its applications in data flow analysis", Computers & Mathematics with
  Applications 7 (1981) 67-72.
- Law 134/2025/QH15 (Viet Nam), article 14(1)(c).
"""

from __future__ import annotations

from proofbox.checks.records.graph import ASSESSMENT, Graph, lineage_graph
from proofbox.checks.records.model import Record
from proofbox.checks.records.read import NoRecord, read_role
from proofbox.checks.records.values import is_sha256
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement, exact
from proofbox.checks.subject import Subject
from proofbox.checks.text import t

_SHOWN = 60
"""Stations, and names of them, that stand in the detail."""
_EDGES_SHOWN = 200


@check("provenance.lineage")
def lineage(subject: Subject) -> Measured | Inapplicable:
    """Measure whether the lineage of the model is whole."""
    if subject.model_path is None:
        return Inapplicable(t("the submission has no model, only recorded decisions"))
    roles = [role for role in ("evaluation", "training") if any(file.role == role for file in subject.declared_files)]
    read = {role: read_role(subject, role) for role in roles}
    records = {role: found for role, found in read.items() if isinstance(found, Record)}
    if not records:
        broken = [found for found in read.values() if isinstance(found, NoRecord) and not found.absent]
        return Inapplicable(broken[0].reason if broken else t("there is no provenance record of any data"))
    graph = lineage_graph(subject, records)
    unread: list[Json] = [str(found.reason) for found in read.values() if isinstance(found, NoRecord)]
    return Measured(measurements=tuple(_measurements(graph, {"records_not_read": unread} if unread else {})))


def _measurements(graph: Graph, unread: dict[str, Json]) -> list[Measurement]:
    cycles = graph.in_cycles()
    counted = [node for node in graph.nodes.values() if node.id != ASSESSMENT]
    bare = [node.id for node in counted if not is_sha256(node.sha256) or node.id in graph.differing]
    to_model, to_evaluation = (graph.leading_to(end) if end else frozenset() for end in (graph.model, graph.evaluation))
    sources = [node.id for node in counted if node.kind == "source"]
    made_of = [one for one in sources if one in to_model or one not in to_evaluation]
    lost = [one for one in made_of if one not in to_model]
    found = [
        exact("nodes_in_cycles", len(cycles), len(counted), {"in_cycles": _some(sorted(cycles)), **unread}),
        exact(
            "nodes_with_digest",
            1 - len(bare) / len(counted),
            len(counted),
            {"without_digest": _some(bare), "differing": _some(list(graph.differing)), "graph": _shown(graph, cycles)},
        ),
        exact(
            "unresolved_references",
            len(graph.unresolved),
            len(counted),
            {"unresolved": _some(list(graph.unresolved))},
        ),
    ]
    if made_of:
        tested = _some([one for one in sources if one not in made_of])
        detail: dict[str, Json] = {"not_reaching": _some(lost), "of_evaluation_data_alone": tested, **unread}
        found.append(exact("sources_reaching_model", 1 - len(lost) / len(made_of), len(made_of), detail))
    return found


def _some(names: list[str]) -> list[Json]:
    return [name[:200] for name in names[:_SHOWN]]


def _shown(graph: Graph, cycles: frozenset[str]) -> Json:
    """Return the graph as the report draws it; of a large one, its first stations."""
    first = [one for one in (ASSESSMENT, graph.model, graph.training, graph.evaluation) if one is not None]
    ordered = [*first, *(one for one in graph.nodes if one not in first)]
    numbers = {name: number for number, name in enumerate(ordered[:_SHOWN])}
    nodes: list[Json] = [
        {
            "label": graph.nodes[name].label[:200],
            "kind": graph.nodes[name].kind,
            "sha256": graph.nodes[name].sha256[:80] or None,
            "in_cycle": name in cycles,
            "described": name not in graph.unresolved,
        }
        for name in numbers
    ]
    edges = sorted(edge for edge in graph.edges if edge[0] in numbers and edge[1] in numbers)
    listed: list[Json] = [
        {"from": numbers[origin], "to": numbers[made], "by_submission": (origin, made) in graph.declared}
        for origin, made in edges[:_EDGES_SHOWN]
    ]
    left_out = len(graph.nodes) - len(nodes) + len(graph.edges) - len(listed)
    return {"nodes": nodes, "edges": listed, "left_out": left_out}
