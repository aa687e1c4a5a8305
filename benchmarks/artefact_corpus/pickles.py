"""Pickles that call what no model needs: by what they call, and by how they hide it."""

from __future__ import annotations

import pickle
import struct

from .case import RAN, Case, called, calling, executing, payload, text


def cases(canary: str) -> list[Case]:
    """Return the pickles; ``canary`` is the file that they try to write."""
    found = [
        Case(
            name=f"calls {module}.{name}",
            family="pickle",
            files={"model/model.pkl": content},
            loader="pickle",
            declared="pickle",
            ends_process=name in ("_exit", "kill", "string_at"),
        )
        for (module, name), content in _calls(canary).items()
    ]
    found += [
        Case(name=name, family="pickle", files={"model/model.pkl": content}, loader="pickle", declared="pickle")
        for name, content in _tricks(canary).items()
    ]
    return found


def _calls(canary: str) -> dict[tuple[str, str], bytes]:
    code, path = text(payload(canary)), text(canary)
    touch = text(f"echo x > '{canary}'")
    argv = b"](" + text("/bin/touch") + path + b"e"
    arguments: dict[tuple[str, str], tuple[bytes, ...]] = {
        ("os", "system"): (touch,),
        ("posix", "system"): (touch,),
        ("os", "popen"): (touch,),
        ("os", "execv"): (text("/bin/touch"), argv),
        ("os", "spawnv"): (b"K\x00", text("/bin/touch"), argv),
        ("os", "mkdir"): (path,),
        ("os", "symlink"): (text("/"), path),
        ("os", "_exit"): (b"K\x03",),
        ("subprocess", "Popen"): (argv,),
        ("subprocess", "run"): (argv,),
        ("subprocess", "call"): (argv,),
        ("subprocess", "check_output"): (argv,),
        ("subprocess", "getoutput"): (touch,),
        ("builtins", "exec"): (code,),
        ("builtins", "eval"): (text(f"exec({payload(canary)!r})"),),
        ("__builtin__", "eval"): (text(f"exec({payload(canary)!r})"),),
        ("builtins", "compile"): (code, text("x"), text("exec")),
        ("builtins", "__import__"): (text("antigravity_that_is_not_there"),),
        ("builtins", "open"): (path, text("w")),
        ("builtins", "getattr"): (b"cos\npath\n", text("join")),
        ("builtins", "breakpoint"): (),
        ("io", "open"): (path, text("w")),
        ("_io", "open"): (path, text("w")),
        ("io", "FileIO"): (path, text("w")),
        ("codecs", "open"): (path, text("w")),
        ("pathlib", "Path.touch"): (),
        ("importlib", "import_module"): (text("this_is_not_there"),),
        ("runpy", "run_path"): (path,),
        ("runpy", "_run_code"): (code, b"}"),
        ("code", "interact"): (),
        ("pty", "spawn"): (argv,),
        ("timeit", "timeit"): (b"N", code),
        ("cProfile", "run"): (code,),
        ("profile", "run"): (code,),
        ("pdb", "run"): (code,),
        ("bdb", "Bdb.run"): (b"N", code),
        ("trace", "Trace"): (),
        ("doctest", "debug_script"): (code,),
        ("pydoc", "pipepager"): (text("x"), touch),
        ("webbrowser", "get"): (touch,),
        ("urllib.request", "urlopen"): (text("http://127.0.0.1:9/"),),
        ("http.client", "HTTPConnection"): (text("127.0.0.1"), b"K\x09"),
        ("socket", "create_connection"): (text("127.0.0.1") + b"K\x09\x86",),
        ("socket", "socket"): (),
        ("shutil", "copyfile"): (text("/etc/hostname"), path),
        ("shutil", "rmtree"): (path,),
        ("tempfile", "mkstemp"): (),
        ("sqlite3", "connect"): (path,),
        ("logging", "FileHandler"): (path,),
        ("ctypes", "CDLL"): (text("libc.so.6"),),
        ("ctypes", "string_at"): (b"K\x00",),
        ("marshal", "loads"): (b"C\x01N",),
        ("pickle", "loads"): (b"B" + struct.pack("<I", len(executing(canary))) + executing(canary),),
        ("_pickle", "loads"): (b"B" + struct.pack("<I", len(executing(canary))) + executing(canary),),
        ("joblib", "load"): (path,),
        ("numpy", "load"): (path,),
        ("numpy", "fromfile"): (path,),
        ("numpy.testing._private.utils", "runstring"): (code, b"}"),
        ("numpy.f2py.crackfortran", "myeval"): (text(f"exec({payload(canary)!r})"),),
        ("functools", "partial"): (b"cbuiltins\nexec\n", code),
        ("functools", "reduce"): (b"cbuiltins\nmap\n", b"]"),
        ("operator", "methodcaller"): (text("system"), touch),
        ("operator", "attrgetter"): (text("system"),),
        ("itertools", "starmap"): (b"cbuiltins\nexec\n", b"]"),
        ("types", "CodeType"): (),
        ("threading", "Thread"): (),
        ("multiprocessing.context", "BaseContext"): (),
        ("asyncio", "run"): (b"N",),
        ("signal", "raise_signal"): (b"K\x00",),
        ("sys", "exit"): (),
        ("gc", "get_objects"): (),
        ("uuid", "_get_command_stdout"): (text("touch"), path),
        ("ensurepip", "_run_pip"): (b"]",),
        ("lib2to3.pgen2.grammar", "Grammar.loads"): (),
        ("idlelib.pyshell", "ModifiedInterpreter.runcode"): (),
        ("torch.serialization", "load"): (path,),
        ("dill", "loads"): (b"C\x01N",),
        ("cloudpickle.cloudpickle", "_make_function"): (b"N", b"N", b"N", b"N", b"N"),
        ("sklearn.utils._testing", "MinimalClassifier"): (),
        ("my_company.models", "RiskModel"): (),
    }
    return {names: calling(*names, *given) for names, given in arguments.items()}


def _tricks(canary: str) -> dict[str, bytes]:
    code = text(payload(canary))
    short = payload(canary).encode()
    system = text(f"echo x > '{canary}'")
    name = lambda value: b"\x8c" + bytes([len(value)]) + value.encode()  # noqa: E731
    inner = executing(canary)
    return {
        "protocol 0": b"cbuiltins\nexec\n(V" + short + b"\ntR.",
        "INST": b"(V" + short + b"\nibuiltins\nexec\n.",
        "OBJ": b"\x80\x02(cbuiltins\nexec\n" + code + b"o.",
        "NEWOBJ": b"\x80\x02cos\nsystem\n)\x81.",
        "NEWOBJ_EX": b"\x80\x04cos\nsystem\n)}\x92.",
        "STACK_GLOBAL": b"\x80\x04" + name("builtins") + name("exec") + b"\x93(" + code + b"tR.",
        "STACK_GLOBAL from the memo": b"\x80\x04"
        + name("builtins")
        + b"\x94"
        + name("exec")
        + b"\x94h\x00h\x01\x93("
        + code
        + b"tR.",
        "STACK_GLOBAL from a duplicate": b"\x80\x04"
        + name("builtins")
        + b"20"
        + name("exec")
        + b"\x93("
        + code
        + b"tR.",
        "a name that is computed": b"\x80\x04"
        + name("os")
        + called("builtins", "str", text("system"))
        + b"\x93("
        + system
        + b"tR.",
        "a dotted name": b"\x80\x04" + name("numpy") + name("os.system") + b"\x93.",
        "an extension code": b"\x80\x02\x82\x01.",
        "a persistent id": b"\x80\x02" + text("a") + b"Q.",
        "state for a class": b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n"
        + b"N}"
        + text("shape")
        + b"K\x01s\x86b.",
        "a call of a result": b"\x80\x02ccollections\nOrderedDict\n)R)R.",
        "behind a popped value": b"\x80\x02" + called("builtins", "exec", code) + b"0" + pickle.dumps([1, 2], 2)[2:],
        "inside a list of numbers": b"\x80\x02](" + b"K\x01" * 2000 + called("builtins", "exec", code) + b"e.",
        "bytes that are a pickle": b"\x80\x03]B" + struct.pack("<I", len(inner)) + inner + b"a.",
        "a second pickle": pickle.dumps({"coef": [1.0]}, 2) + inner,
        "garbage behind the end": pickle.dumps({"coef": [1.0]}, 2) + b"\xff" * 64,
        "cut off after the call": inner[:-1],
        "broken behind the call": inner[:-1] + b"\xff\xff.",
        "the template of a distribution": _distribution(canary),
        "an honest class made to call": b"\x80\x02csklearn.pipeline\nPipeline\n)\x81}"
        + text("steps")
        + called("builtins", "exec", code)
        + b"sb.",
        "a class with a call for state": b"\x80\x02csklearn.linear_model._logistic\nLogisticRegression\n)\x81"
        + called("os", "system", system)
        + b"b.",
        "a factory": b"\x80\x02ccollections\ndefaultdict\n(cbuiltins\nexec\ntR.",
        "a memo of gigabytes": b"\x80\x02Nr\xff\xff\xff\x1f.",
        "counts and does no more": calling(
            "builtins", "exec", text(f"import builtins; builtins.{RAN} = getattr(builtins, {RAN!r}, 0) + 1")
        ),
    }


def _distribution(canary: str) -> bytes:
    """Return a distribution of scipy.stats whose state holds the code that its ``__setstate__`` runs."""
    state = b"}(" + text("_parse_arg_template") + text(payload(canary)) + text("a") + b"K\x00u"
    return b"\x80\x02cscipy.stats._continuous_distns\nuniform_gen\n)\x81" + state + b"b."
