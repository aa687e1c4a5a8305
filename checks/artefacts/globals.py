"""What a model file may import: an exact list, and the names that no model needs.

``allowed_globals.json`` holds exact (module, name) pairs: the estimators of scikit-learn and the numpy, scipy and
standard types that their pickles hold. Families by prefix are not allowed: a prefix list let 6 of 41 payloads through
(``numpy.testing`` runs strings, ``sklearn`` re-exports what it imports).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib import resources

from proofbox.checks.artefacts.picklevalues import Global

_DANGEROUS_MODULES = frozenset(
    (
        *("os", "posix", "nt", "ntpath", "posixpath", "sys", "subprocess", "_posixsubprocess", "commands", "popen2"),
        *("importlib", "imp", "runpy", "pkgutil", "zipimport", "code", "codeop", "pty", "pdb", "bdb", "cProfile"),
        *("profile", "timeit", "trace", "doctest", "pydoc", "ctypes", "_ctypes", "cffi", "socket", "_socket", "ssl"),
        *("urllib", "urllib2", "http", "httplib", "ftplib", "smtplib", "telnetlib", "xmlrpc", "webbrowser", "requests"),
        *("asyncio", "multiprocessing", "threading", "_thread", "concurrent", "signal", "shutil", "tempfile", "glob"),
        *("pathlib", "io", "_io", "fileinput", "linecache", "pickle", "_pickle", "cPickle", "marshal", "shelve", "dbm"),
        *("dill", "cloudpickle", "types", "inspect", "gc", "operator", "_operator", "platform", "pip", "setuptools"),
        *("distutils", "ensurepip", "venv", "sqlite3", "logging", "site", "sysconfig", "resource", "fcntl", "mmap"),
        *("(modified)", "(computed)"),
    )
)
"""Modules (with everything below them) of which no name has a place in a model file."""

_DANGEROUS_NAMES = frozenset(
    {
        "builtins": (
            *("eval", "exec", "execfile", "compile", "__import__", "open", "file", "input", "raw_input", "breakpoint"),
            *(
                "getattr",
                "setattr",
                "delattr",
                "globals",
                "locals",
                "vars",
                "dir",
                "apply",
                "map",
                "filter",
                "memoryview",
            ),
            *("classmethod", "staticmethod", "property", "super", "type", "help", "print", "exit", "quit"),
        ),
        "functools": ("partial", "reduce", "partialmethod"),
        "numpy": ("load", "fromfile", "save", "memmap", "loadtxt", "genfromtxt", "savetxt", "vectorize"),
        "joblib": ("load", "dump", "Memory", "Parallel", "delayed"),
        "torch": ("load", "save", "hub"),
        "uuid": ("_get_command_stdout", "_popen"),
    }.items()
)

_DANGEROUS_PAIRS = frozenset((module, name) for module, names in _DANGEROUS_NAMES for name in names)
_DANGEROUS_BELOW = (
    "numpy.testing",
    "numpy.f2py",
    "numpy.distutils",
    "sklearn.utils._testing",
    "scipy._lib",
    "joblib.memory",
)


@cache
def allowed_by_default() -> frozenset[Global]:
    """Return the pairs of ``allowed_globals.json``."""
    content = resources.files("proofbox.checks.artefacts").joinpath("allowed_globals.json").read_text("utf-8")
    return frozenset(Global(module, name) for module, names in json.loads(content).items() for name in names)


def parse_allowed(pairs: Iterable[str]) -> frozenset[Global]:
    """Return pairs written as ``module:name``.

    Raises
    ------
    ValueError
        A pair is not written so.
    """
    found = set()
    for pair in pairs:
        module, colon, name = pair.partition(":")
        if not (module and colon and name) or "*" in pair:
            raise ValueError(f"got '{pair}', expected module:name, for example xgboost.sklearn:XGBClassifier")
        found.add(Global(module, name))
    return frozenset(found)


def is_dangerous(found: Global) -> bool:
    """Return whether an import gives a model file the means to run what it likes."""
    module = "builtins" if found.module == "__builtin__" else found.module
    if module.partition(".")[0] in _DANGEROUS_MODULES or module.startswith(_DANGEROUS_BELOW):
        return True
    # A dotted name reaches through what it names, whatever that is: ``numpy``, ``os.system``.
    parts = found.name.split(".")
    return any((module, part) in _DANGEROUS_PAIRS or part in _DANGEROUS_MODULES for part in parts)
