"""Boosted trees as plain arrays: taken out of XGBoost, checked, and given to it anew.

XGBoost follows a damaged or forged tree past its end, or round and round. So files of ours hold none of its documents,
only these arrays, whose nodes stand in breadth-first order: the k-th node that splits has the nodes 2k + 1 and 2k + 2
below it, and no child is written that could point elsewhere. What XGBoost parses is written here from checked arrays.
"""

import json
import struct

import numpy as np

MOST_TREES, MOST_NODES = 50_000, 1_000_000  # of both XGBoost takes less than 1 GB
MOST_LEVELS = 500  # one below the other; XGBoost goes down by recursion
ARRAYS = {"sizes": "<i8", "feature": "<i4", "value": "<f4", "left": "|b1", "start": "<f4"}
CODES = {"u1": b"U", "i4": b"l", "i8": b"L", "f4": b"d"}  # of the types in arrays of UBJSON
MOST_COLUMNS = 2**30
ROOT = 2**31 - 1  # what XGBoost says is above the root


def taken(booster):
    """Return the trees of a fitted booster of XGBoost: (t,) sizes and, of all nodes one after the other, figures.

    feature: the number of the value that a node compares, -1 at a leaf. value: what it compares with, or the weight of
    the leaf. left: whether a missing value goes left. start: the score before all trees, one a class of more than two.
    """
    learner = json.loads(booster.save_raw("json"))["learner"]
    facts = learner["learner_model_param"]
    found = [_in_order(tree) for tree in learner["gradient_booster"]["model"]["trees"]]
    start = np.broadcast_to(json.loads(facts["base_score"]), _groups(int(facts["num_class"])))
    joined = [np.concatenate(column) for column in zip(*found)]
    columns = [[len(tree[0]) for tree in found], *joined, start]
    return {name: np.array(column, kind) for (name, kind), column in zip(ARRAYS.items(), columns)}


def _in_order(tree):
    """Return (feature, value, left) of the nodes of a tree of XGBoost that can be reached, in breadth-first order."""
    children = np.array([tree["left_children"], tree["right_children"]], int)
    order = [0]
    for node in order:
        if children[0, node] >= 0:
            order += children[:, node].tolist()
    feature = np.where(children[0] >= 0, tree["split_indices"], -1)
    return feature[order], np.array(tree["split_conditions"])[order], np.array(tree["default_left"])[order]


def check_trees(trees, columns, classes):
    """Raise `ValueError` unless trees are whole, on rows of so many columns, for so many classes."""
    if not isinstance(trees, dict) or trees.keys() != ARRAYS.keys():
        raise ValueError("holds other arrays than trees have")
    for name, kind in ARRAYS.items():
        if not isinstance(trees[name], np.ndarray) or trees[name].dtype != kind or trees[name].ndim != 1:
            raise ValueError(f"{name} is no list of {np.dtype(kind).name}")
    if type(columns) is not int or not 0 < columns < MOST_COLUMNS:
        raise ValueError(f"on rows of {columns!r} values")
    sizes, feature = trees["sizes"], trees["feature"]
    nodes, groups = len(feature), _groups(classes)
    if not 0 < len(sizes) <= MOST_TREES or nodes > MOST_NODES or len(sizes) % groups:
        raise ValueError(f"{len(sizes)} trees of {nodes} nodes for {classes} classes")
    if ((sizes < 1) | (sizes > nodes)).any() or sizes.sum() != nodes:
        raise ValueError("trees of other sizes than there are nodes")
    if len(trees["value"]) != nodes or len(trees["left"]) != nodes or len(trees["start"]) != groups:
        raise ValueError("figures of more or fewer nodes than there are")
    if not (np.isfinite(trees["value"]).all() and np.isfinite(trees["start"]).all()):
        raise ValueError("a value that is not a finite number")
    if feature.min() < -1 or feature.max() >= columns:
        raise ValueError(f"compares other values than the {columns} of a row")
    splits, place, rank = _places(sizes, feature)
    inner = np.add.reduceat(splits, np.cumsum(sizes) - sizes)
    if (sizes != 2 * inner + 1).any() or (place > 2 * rank)[splits].any():
        raise ValueError("a tree that is not whole")
    level = np.cumsum(sizes) - sizes
    for _ in range(MOST_LEVELS):
        level = level[splits[level]]
        level = np.concatenate([level - place[level] + 2 * rank[level] + child for child in (1, 2)])
    if len(level):
        raise ValueError(f"a tree of more than {MOST_LEVELS} levels")


def _groups(classes):
    """Return how many trees are grown in a round."""
    return classes if classes > 2 else 1


def _places(sizes, feature):
    """Return of each node whether it splits, its place in its tree, and how many nodes before it there split."""
    splits = feature >= 0
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    before = np.cumsum(splits) - splits
    return splits, np.arange(len(feature)) - first, before - before[first]


def booster_of(trees, columns, classes):
    """Return XGBoost's booster of trees that were checked; it gives the bytes that the one they come from gave."""
    from xgboost import Booster

    check_trees(trees, columns, classes)
    return Booster({"nthread": 1}, model_file=bytearray(_document(trees, columns, classes)))


def _document(trees, columns, classes):
    """Return the text of checked trees in XGBoost's form of UBJSON."""
    import xgboost

    number, groups = len(trees["sizes"]), _groups(classes)
    many = classes > 2
    loss = {"softmax_multiclass_param": {"num_class": str(classes)}} if many else {"reg_loss_param": {}}
    model = {
        "cats": {name: [] for name in ("enc", "feature_segments", "sorted_idx")},
        "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(number)},
        "iteration_indptr": list(range(0, number + 1, groups)),
        "tree_info": [tree % groups for tree in range(number)],
        "trees": list(_tree_tables(trees, columns)),
    }
    learner = {
        "attributes": {},
        "feature_names": [],
        "feature_types": [],
        "gradient_booster": {"model": model, "name": "gbtree"},
        "learner_model_param": {
            "base_score": f"[{','.join(f'{one:.9g}' for one in trees['start'])}]",
            "boost_from_average": "1",
            "num_class": str(classes if many else 0),
            "num_feature": str(columns),
            "num_target": "1",
        },
        "objective": {"name": "multi:softprob" if many else "binary:logistic", **loss},
    }
    version = [int(part) for part in xgboost.__version__.split(".")[:3]]
    return _ubjson({"learner": learner, "version": version})


def _tree_tables(trees, columns):
    """Yield the table of each tree as XGBoost has it; what only tells how it was grown is 0."""
    splits, _, rank = _places(trees["sizes"], trees["feature"])
    end = 0
    for number, size in enumerate(trees["sizes"].tolist()):
        own, end = slice(end, end + size), end + size
        inner = splits[own]
        children = np.where(inner, 2 * rank[own] + 1, -1).astype("i4")
        parents = np.concatenate([[ROOT], np.repeat(np.flatnonzero(inner), 2)]).astype("i4")
        zeros, none = np.zeros(size, "f4"), np.zeros(0, "i8")
        yield {
            "base_weights": zeros, "categories": none.astype("i4"), "categories_nodes": none.astype("i4"),
            "categories_segments": none, "categories_sizes": none, "default_left": trees["left"][own].astype("u1"),
            "id": number, "left_children": children, "loss_changes": zeros, "parents": parents,
            "right_children": children + inner.astype("i4"), "split_conditions": trees["value"][own],
            "split_indices": np.maximum(trees["feature"][own], 0), "split_type": np.zeros(size, "u1"),
            "sum_hessian": zeros,
            "tree_param": {
                "num_deleted": "0", "num_feature": str(columns), "num_nodes": str(size), "size_leaf_vector": "1",
            },
        }  # fmt: skip


def _ubjson(value):
    """Return what stands for tables, lists, texts, whole numbers and flat arrays in UBJSON (ubjson.org)."""
    if isinstance(value, dict):
        return b"{" + b"".join(_sized(name) + _ubjson(one) for name, one in value.items()) + b"}"
    if isinstance(value, list):
        return b"[" + b"".join(map(_ubjson, value)) + b"]"
    if isinstance(value, str):
        return b"S" + _sized(value)
    if isinstance(value, int):
        return b"L" + struct.pack(">q", value)
    head = b"[$" + CODES[value.dtype.str[1:]] + b"#L" + struct.pack(">q", len(value))
    return head + value.astype(value.dtype.newbyteorder(">")).tobytes()


def _sized(text):
    return b"L" + struct.pack(">q", len(text)) + text.encode("ascii")
