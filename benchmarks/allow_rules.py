"""Make the list of imports that a model file may use from released wheels, which are read and not imported.

    pip download --no-deps --only-binary=:all: --python-version 3.11 -d WHEELS scikit-learn==1.3.2   (and so on)
    python benchmarks/allow_rules.py WHEELS/*.whl

Of every wheel the source is parsed (``ast``) for the classes that it defines: those that descend, within the wheel,
from one of :data:`ROOTS`, and those named in :data:`HELPERS`. Classes of compiled modules are taken from the names in
the library (``sklearn.tree._tree.Tree``) and the ``__pyx_unpickle_`` functions, as far as :data:`COMPILED`. A class
counts only under the module that defines it: modules re-export what they import, and so prefix rules fail. What
scikit-learn's pickles hold beside its own classes stands in :data:`OTHERS`, by hand.

It prints how many names each wheel gave, and writes ``checks/artefacts/allowed_globals.json``.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import zipfile
from collections import defaultdict
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "checks/artefacts/allowed_globals.json"

ROOTS = frozenset(("BaseEstimator", "BaseLoss", "BaseLink", "LossFunction", "Kernel", "TransformerMixin", "Bunch"))
"""Descendants of these stand in models; so do compiled classes and :data:`HELPERS`."""

HELPERS = frozenset(
    (
        # scikit-learn: what estimators keep as attributes
        *(
            "TreePredictor",
            "_BinMapper",
            "Interval",
            "_CalibratedClassifier",
            "_SigmoidCalibration",
            "_IdentityRegressor",
        ),
        *("SGDOptimizer", "AdamOptimizer", "BaseOptimizer", "_CFNode", "_CFSubcluster", "_ConstantPredictor"),
        *(
            "_BisectingTree",
            "_RemainderColsList",
            "make_column_selector",
            "Hyperparameter",
            "_PredictScorer",
            "_Scorer",
            "_PassthroughScorer",
        ),
        *("StratifiedKFold", "KFold", "GroupKFold", "StratifiedGroupKFold", "TimeSeriesSplit", "ShuffleSplit"),
        *("StratifiedShuffleSplit", "RepeatedKFold", "RepeatedStratifiedKFold", "PredefinedSplit", "LeaveOneOut"),
        *("_RoutingNotSupportedMixin", "_CVIterableWrapper", "MetadataRequest", "MethodMetadataRequest"),
        *("_ThresholdScorer", "_ProbaScorer", "_CurveScorer", "_BaseScorer", "_MultimetricScorer"),
        # XGBoost, LightGBM, CatBoost
        *("Booster", "XGBModel", "LGBMModel", "CatBoost", "_CatBoostBase", "TrainingCallback", "_EvalsLog"),
    )
)
FUNCTIONS = frozenset(
    (
        *("f_classif", "f_regression", "chi2", "r_regression", "mutual_info_classif", "mutual_info_regression"),
        *("_identity", "_passthrough_scorer"),
    )
)
"""Functions of scikit-learn that estimators keep as parameters; they compute and do nothing else."""

SCORES = frozenset(f"sklearn.metrics.{name}" for name in ("_classification", "_ranking", "_regression"))
"""Modules whose public functions a search keeps as its scorers: labels in, a number out."""

LIBRARY_ROOTS = {
    "xgboost": frozenset(("XGBModel", "Booster")),
    "lightgbm": frozenset(("_LGBMModelBase", "LGBMModel", "Booster")),
    "catboost": frozenset(("_CatBoostBase", "CatBoost")),
}
COMPILED = re.compile(
    r"sklearn\.(?:tree\._tree\.Tree|_loss\._loss\.Cy\w+"
    r"|neighbors\._(?:kd|ball)_tree\.(?:KDTree|BallTree|BinaryTree)\w*|metrics\._dist_metrics\.(?!PyFunc)\w*Distance\w*"
    r"|linear_model\._sgd_fast\.(?!Enum)[A-Z]\w+)"
)
LEFT_OUT = re.compile(
    r"(^|[./])(tests?|externals|conftest|_build_utils|datasets|experimental|_mocking|_testing|estimator_checks|dask)([./]|$)"
)
"""Modules whose classes have no place in a model: mocks, downloads, and what was copied in from elsewhere."""

SCALARS = (
    *("bool", "bool_", "bytes_", "complex64", "complex128", "datetime64", "dtype", "float16", "float32", "float64"),
    *("int16", "int32", "int64", "int8", "intc", "longlong", "nan", "ndarray", "object_", "str_", "timedelta64"),
    *("uint16", "uint32", "uint64", "uint8", "uintc", "ulonglong", "void"),
)
UFUNCS = (
    *(
        "abs",
        "absolute",
        "cbrt",
        "ceil",
        "clip",
        "cos",
        "exp",
        "exp2",
        "expm1",
        "floor",
        "log",
        "log10",
        "log1p",
        "log2",
    ),
    *("mean", "median", "negative", "reciprocal", "round", "sign", "sin", "sqrt", "square", "tan", "tanh"),
)
"""What a FunctionTransformer of numpy is given: arrays in, arrays out."""

DTYPES = tuple(
    f"{kind}DType"
    for kind in (
        "Bool",
        "Byte",
        "Bytes",
        "Complex64",
        "Complex128",
        "DateTime64",
        "Float16",
        "Float32",
        "Float64",
        "Int16",
        "Int32",
        "Int64",
        "Int8",
        "Long",
        "Object",
        "Short",
        "Str",
        "String",
        "TimeDelta64",
        "UByte",
        "UInt16",
        "UInt32",
        "UInt64",
        "UInt8",
        "UShort",
        "Void",
    )
)

OTHERS: dict[str, tuple[str, ...]] = {
    "__builtin__": (
        "bool",
        "bytearray",
        "bytes",
        "complex",
        "dict",
        "float",
        "frozenset",
        "int",
        "list",
        "long",
        "object",
        "set",
        "slice",
        "str",
        "tuple",
        "unicode",
        "xrange",
    ),
    "builtins": (
        "NotImplementedType",
        "bool",
        "bytearray",
        "bytes",
        "complex",
        "dict",
        "float",
        "frozenset",
        "int",
        "list",
        "object",
        "range",
        "set",
        "slice",
        "str",
        "tuple",
        "Ellipsis",
        "NotImplemented",
    ),
    "_codecs": ("encode",),
    "collections": ("Counter", "OrderedDict", "defaultdict", "deque"),
    "copy_reg": ("_reconstructor",),
    "copyreg": ("_reconstructor",),
    "datetime": ("date", "datetime", "time", "timedelta", "timezone"),
    "decimal": ("Decimal",),
    "fractions": ("Fraction",),
    "joblib._utils": ("_Sentinel",),
    "joblib.numpy_pickle": ("NumpyArrayWrapper",),
    "numpy": (*SCALARS, *UFUNCS),
    "numpy.dtypes": DTYPES,
    "numpy.ma.core": ("MaskedArray", "_mareconstruct", "MaskedConstant"),
    "numpy.ma": ("MaskedArray", "_mareconstruct"),
    **{f"numpy.{core}.multiarray": ("_reconstruct", "scalar") for core in ("core", "_core")},
    **{f"numpy.{core}.numeric": ("_frombuffer",) for core in ("core", "_core")},
    "numpy.random._bit_generator": ("SeedSequence",),
    "numpy.random.bit_generator": ("SeedSequence", "__pyx_unpickle_SeedSequence"),
    "numpy.random._generator": ("Generator",),
    "numpy.random._mt19937": ("MT19937", "__pyx_unpickle_MT19937"),
    "numpy.random._pcg64": ("PCG64", "PCG64DXSM"),
    "numpy.random._philox": ("Philox",),
    "numpy.random._sfc64": ("SFC64",),
    "numpy.random._pickle": ("__bit_generator_ctor", "__generator_ctor", "__randomstate_ctor"),
    "numpy.random.mtrand": ("RandomState",),
    "scipy.interpolate._interpolate": ("interp1d",),
    "scipy.interpolate.interpolate": ("interp1d",),
    "scipy.interpolate._bsplines": ("BSpline",),
    **{
        f"scipy.sparse._{kind}": (f"{kind}_array", f"{kind}_matrix")
        for kind in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")
    },
    **{f"scipy.sparse.{kind}": (f"{kind}_matrix",) for kind in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")},
    # a BSpline keeps the function by which its arrays are made
    **{f"scipy.{place}.array_api_compat.numpy._aliases": ("asarray",) for place in ("_lib", "_external")},
    "scipy.special._ufuncs": ("expit", "logit"),
    "sklearn.neighbors._ball_tree": ("newObj",),
    "sklearn.neighbors._kd_tree": ("newObj",),
    "sklearn.metrics._dist_metrics": ("newObj",),
    "uuid": ("UUID",),
    # torch.save of a dictionary of tensors: what torch's own weights_only loader allows of them
    "torch": (
        "BFloat16Storage",
        "BoolStorage",
        "ByteStorage",
        "CharStorage",
        "DoubleStorage",
        "FloatStorage",
        "HalfStorage",
        "IntStorage",
        "LongStorage",
        "ShortStorage",
        "Size",
        "Tensor",
        "bfloat16",
        "bool",
        "device",
        "float16",
        "float32",
        "float64",
        "int16",
        "int32",
        "int64",
        "int8",
        "uint8",
    ),
    "torch._utils": (
        "_rebuild_parameter",
        "_rebuild_tensor",
        "_rebuild_tensor_v2",
        "_rebuild_sparse_tensor",
        "_rebuild_device_tensor_from_numpy",
    ),
    "torch.nn.parameter": ("Parameter",),
    "torch.storage": ("TypedStorage", "UntypedStorage"),
}
"""What stands in the pickles of models beside classes of their own library.

Distributions of ``scipy.stats`` (in a fitted RandomizedSearchCV) are left out: their state holds a template that
unpickling hands to ``exec``.
"""


def names_in(wheel: Path) -> dict[str, set[str]]:
    """Return module -> names that one wheel defines and a model may use."""
    library = wheel.name.partition("-")[0].replace("scikit_learn", "sklearn").replace("xgboost_cpu", "xgboost")
    bases: dict[tuple[str, str], set[str]] = {}
    found: dict[str, set[str]] = defaultdict(set)
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.startswith(f"{library}/") or LEFT_OUT.search(name):
                continue
            if name.endswith(".py"):
                module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
                for node in ast.parse(archive.read(name)).body:
                    if isinstance(node, ast.ClassDef):
                        bases[module, node.name] = {_last(base) for base in node.bases}
                    elif isinstance(node, ast.FunctionDef) and _is_listed(module, node.name):
                        found[module].add(node.name)
            elif name.endswith(".so") and library == "sklearn":
                _compiled(archive.read(name), name.partition(".")[0].replace("/", "."), found)
    roots = set(LIBRARY_ROOTS.get(library, ROOTS))
    for (module, name), parents in bases.items():
        if _descends(name, parents, bases, roots) or (library == "sklearn" and name in HELPERS) or name in roots:
            found[module].add(name)
    return found


def _is_listed(module: str, name: str) -> bool:
    if module in SCORES:
        return not name.startswith("_")
    return module.startswith("sklearn.") and name in FUNCTIONS


def _compiled(content: bytes, module: str, found: dict[str, set[str]]) -> None:
    """Add the classes of a compiled module: by the names it carries for its types, and its unpickling functions."""
    for match in re.finditer(rb"sklearn\.[a-z0-9_.]+\.[A-Za-z_]\w*", content):
        if COMPILED.fullmatch(match[0].decode()):
            place, _, name = match[0].decode().rpartition(".")
            found[place].add(name)
    for match in re.finditer(rb"__pyx_unpickle_([A-Za-z]\w*?)(?=__set_state|P\d|\W)", content):
        if COMPILED.fullmatch(f"{module}.{match[1].decode()}"):
            found[module] |= {match[1].decode(), match[0].decode()}


def _descends(name: str, parents: set[str], bases: dict[tuple[str, str], set[str]], roots: set[str]) -> bool:
    waiting, seen = set(parents), {name}
    while waiting:
        one = waiting.pop()
        if one in roots:
            return True
        seen.add(one)
        waiting |= {parent for (_, other), more in bases.items() if other == one for parent in more} - seen
    return False


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def main(wheels: list[str]) -> None:
    """Write the list made of ``wheels``."""
    merged: dict[str, set[str]] = defaultdict(set)
    for module, names in OTHERS.items():
        merged[module] |= set(names)
    for wheel in sorted(wheels):
        found = names_in(Path(wheel))
        print(f"{Path(wheel).name.rpartition('-cp')[0] or Path(wheel).name}: {sum(map(len, found.values()))} names")
        for module, names in found.items():
            merged[module] |= names
    listed = {module: sorted(names) for module, names in sorted(merged.items()) if names}
    OUT.write_text(json.dumps(listed, indent=1) + "\n", "utf-8")
    print(f"{OUT.name}: {len(listed)} modules, {sum(map(len, listed.values()))} names")


if __name__ == "__main__":
    main(sys.argv[1:])
