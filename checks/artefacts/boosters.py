"""Look into files of XGBoost, LightGBM and CatBoost: whether the trees point only at nodes that are there.

Their readers are native code that follows what the file says: a child index out of range ends in memory that is not the
model's. Sources of the layouts: ``xgboost/doc/tutorials/saving_model.rst`` and its JSON schema; LightGBM
``src/io/gbdt_model_text.cpp``; CatBoost ``catboost/libs/model/flatbuffers/model.fbs``.
"""

from __future__ import annotations

import re
import struct
from typing import Any

from proofbox.checks.artefacts import ubjson
from proofbox.checks.artefacts.blobs import Blob, exactly
from proofbox.checks.artefacts.findings import Look
from proofbox.checks.artefacts.jsontext import parsed
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

MOST_BYTES = 100_000_000
CATBOOST_MAGIC = b"CBM1"


def looks_like_xgboost(head: bytes) -> bool:
    """Return whether 512 bytes begin a model of XGBoost in JSON or UBJSON."""
    return bool(re.match(rb'\s*\{\s*"(?:version|learner)"', head)) or (head[:1] == b"{" and b"learner" in head[:40])


def look_at_xgboost(blob: Blob, look: Look) -> None:
    """Note trees that point at nodes which are not there, or in circles; raises BadDataError if it is unreadable."""
    if blob.size > MOST_BYTES:
        raise TooMuchError(
            t("it has {file_size} bytes, more than the {most} that are read", file_size=blob.size, most=MOST_BYTES)
        )
    content = exactly(blob, 0, blob.size)
    is_text = bool(re.match(rb'\{\s*"', content[:64]))
    model = parsed(content, look.budget) if is_text else ubjson.parsed(content, look.budget)
    try:
        learner = model["learner"]
        booster = learner["gradient_booster"]
        columns = int(learner["learner_model_param"]["num_feature"])
        booster = booster.get("gbtree", booster)
        trees = booster["model"].get("trees", []) if booster.get("name") != "gblinear" else []
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise BadDataError(t("it is no model of XGBoost in the form of its schema")) from err
    for number, tree in enumerate(trees):
        try:
            left, right = tree["left_children"], tree["right_children"]
            split, nodes = tree["split_indices"], int(tree["tree_param"]["num_nodes"])
            sound = len(left) == len(right) == len(split) == nodes and _is_tree(left, right, _vectors(tree), look)
            sound = sound and all(type(at) is int and 0 <= at < max(columns, 1) for at in split)
            sound = sound and _columns_fit(tree, nodes)
        except (KeyError, TypeError, ValueError) as err:
            raise BadDataError(t("tree {number} is not of the form of the schema", number=number)) from err
        if not sound:
            _broken(look, "xgboost", number)


def _is_tree(left: Any, right: Any, leaves: int, look: Look) -> bool:  # noqa: ANN401 parsed JSON
    """Return whether every child is a node, and no node is reached twice.

    Where a leaf is a vector, ``right`` of a leaf is the place of that vector among ``leaves``; 0 where it is a number.
    """
    nodes = len(left)
    look.budget.item(nodes)
    reached = [False] * nodes
    for pair in zip(left, right, strict=True):
        if leaves and pair[0] == -1 and type(pair[1]) is int and 0 <= pair[1] < leaves:
            continue
        for child in pair:
            if child == -1:
                continue
            if type(child) is not int or not 0 < child < nodes or reached[child]:
                return False
            reached[child] = True
    return True


def _vectors(tree: Any) -> int:  # noqa: ANN401 parsed JSON
    """Return how many vectors a tree keeps for its leaves; 0 where each leaf is a number."""
    width = int(tree["tree_param"].get("size_leaf_vector", "1"))
    return len(tree.get("leaf_weights", [])) // width if width > 1 else 0


_PER_NODE = ("default_left", "loss_changes", "parents", "split_conditions", "split_type", "sum_hessian")


def _columns_fit(tree: Any, nodes: int) -> bool:  # noqa: ANN401 parsed JSON
    """Return whether what is kept for each node is there for each, and categories lie in their list."""
    if any(len(tree.get(name, range(nodes))) not in (0, nodes) for name in _PER_NODE):
        return False
    categories = tree.get("categories", [])
    owners, starts, sizes = (tree.get(f"categories_{name}", []) for name in ("nodes", "segments", "sizes"))
    if not len(owners) == len(starts) == len(sizes):
        return False
    ends = (start + size for start, size in zip(starts, sizes, strict=True))
    return (
        all(0 <= owner < nodes for owner in owners)
        and all(start >= 0 and size >= 0 for start, size in zip(starts, sizes, strict=True))
        and all(end <= len(categories) for end in ends)
    )


_TREE_LINE = re.compile(r"^([a-z_]+)=(.*)$")


def looks_like_lightgbm(head: bytes) -> bool:
    """Return whether bytes begin a model of LightGBM in text."""
    return head.startswith((b"tree\n", b"tree\r\n"))


def look_at_lightgbm(blob: Blob, look: Look) -> None:
    """Note trees that point at nodes which are not there; raises BadDataError where it cannot be read."""
    if blob.size > MOST_BYTES:
        raise TooMuchError(
            t("it has {file_size} bytes, more than the {most} that are read", file_size=blob.size, most=MOST_BYTES)
        )
    look.budget.parse(blob.size)
    head, *trees = exactly(blob, 0, blob.size).decode("utf-8", "replace").split("\nTree=")
    match = re.search(r"(?m)^max_feature_idx=(\d{1,9})\s*$", head)
    if match is None:
        raise BadDataError(t("it does not say how many columns it reads"))
    for number, text in enumerate(trees):
        body = text.partition("\nend of trees")[0]
        fields = {key: value for line in body.splitlines() for key, value in _TREE_LINE.findall(line)}
        try:
            sound = _lightgbm_tree(fields, int(match[1]), look)
        except (KeyError, ValueError) as err:
            raise BadDataError(t("tree {number} is not of the form that LightGBM writes", number=number)) from err
        if not sound:
            _broken(look, "lightgbm", number)


def _lightgbm_tree(fields: dict[str, str], last_column: int, look: Look) -> bool:
    leaves = int(fields["num_leaves"])
    look.budget.item(max(leaves, 1))
    if leaves < 1 or len(fields["leaf_value"].split()) != leaves:
        return False
    if leaves == 1:
        return True
    rows = {name: [int(at) for at in fields[name].split()] for name in ("split_feature", "left_child", "right_child")}
    if any(len(row) != leaves - 1 for row in rows.values()) or not all(
        0 <= at <= last_column for at in rows["split_feature"]
    ):
        return False
    reached: set[int] = set()
    for child in (*rows["left_child"], *rows["right_child"]):
        inside = 0 < child < leaves - 1 if child >= 0 else ~child < leaves
        if not inside or child in reached:
            return False
        reached.add(child)
    return _lightgbm_categories(fields, leaves)


def _lightgbm_categories(fields: dict[str, str], leaves: int) -> bool:
    """Return whether the categories of a tree lie in their list, and its nodes ask for ones that are there."""
    count = int(fields.get("num_cat", "0"))
    bounds = [int(at) for at in fields.get("cat_boundaries", "0").split()]
    words = len(fields.get("cat_threshold", "").split())
    if count < 0 or len(bounds) != count + 1 or bounds != sorted(bounds) or bounds[0] < 0 or bounds[-1] > words:
        return False
    kinds, values = fields.get("decision_type", "").split(), fields.get("threshold", "").split()
    if len(kinds) not in (0, leaves - 1) or (kinds and len(values) != leaves - 1):
        return False
    return all(0 <= float(value) < count for kind, value in zip(kinds, values, strict=False) if int(kind) & 1)


def look_at_catboost(blob: Blob, look: Look) -> None:
    """Look at the frame of a CatBoost model: lengths, the root table, and the name of its format.

    Raises
    ------
    BadDataError
        Something lies outside of the file. What the trees hold is not looked at.
    """
    (core,) = struct.unpack("<I", exactly(blob, 4, 4))
    if core + 8 > blob.size or core < 8:
        raise BadDataError(
            t("it says that its core has {size} bytes; the file has {file_size}", size=core, file_size=blob.size)
        )
    (root,) = struct.unpack("<I", exactly(blob, 8, 4))
    if root + 4 > core:
        raise BadDataError(t("its root lies outside of it"))
    (back,) = struct.unpack("<i", exactly(blob, 8 + root, 4))
    table = root - back
    if not 0 <= table <= core - 4:
        raise BadDataError(t("its table lies outside of it"))
    table_bytes, object_bytes = struct.unpack("<HH", exactly(blob, 8 + table, 4))
    if table_bytes < 4 or table + table_bytes > core or root + object_bytes > core:
        raise BadDataError(t("its table lies outside of it"))
    for place in range(4, table_bytes, 2):
        (field,) = struct.unpack("<H", exactly(blob, 8 + table + place, 2))
        if field >= object_bytes:
            raise BadDataError(t("a field of its table lies outside of it"))
        look.budget.item()
    if b"FlabuffersModel_v" not in exactly(blob, 8, core):
        raise BadDataError(t("it does not name its format"))


def _broken(look: Look, family: str, number: int) -> None:
    said = t(
        "a tree points at nodes or columns that are not there, at which its native reader would read or write memory"
    )
    look.found(family, "broken-tree", "refused", said, f"tree {number}")
