"""Read what a pickle would import and call, without unpickling: a walk over its opcodes with a symbolic stack.

The walk follows joblib's loader, which also reads plain pickles: after the BUILD of a ``NumpyArrayWrapper`` the array's
bytes stand in the file outside of any frame and are stepped over by their declared size. Wherever a real loader might
read something else than this walk (array bytes in the middle of a frame, a size that is computed, a class that is
modified) the walk gives up, and what cannot be followed is never called clean. Bytes inside the pickle that are a
pickle themselves are walked as well: something will hand them to a loader.
"""

from __future__ import annotations

import io
import pickletools
import re
from collections.abc import Iterator
from typing import Protocol

from proofbox.checks.artefacts.budget import Budget
from proofbox.checks.artefacts.bytesources import ByteSource
from proofbox.checks.artefacts.pickleops import FRESH, LITERALS, MOVES
from proofbox.checks.artefacts.picklevalues import ArrayLayout, Global, Instance, Opaque, array_layout
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

MOST_NESTING = 8
"""Pickles inside a pickle, as joblib writes arrays of objects."""

MOST_KEPT_BYTES = 65_536
"""Longer texts and bytes are looked at and forgotten; names and the sizes of arrays are shorter."""

MOST_SPARE_PLACES = 65_536

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")

_RECONSTRUCTORS = frozenset({("copyreg", "_reconstructor"), ("copy_reg", "_reconstructor")})

UNKNOWN = "?"
"""Stands for a module or name that is computed while loading."""

PERSISTENT = "(persistent id)"
"""Stands for the module of something that the loader is asked to find by an id of its own."""


class Source(Protocol):
    """A stream to walk over."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes."""
        ...

    def readline(self) -> bytes:
        """Return up to and with the next line end."""
        ...

    def tell(self) -> int:
        """Return the position."""
        ...

    def skip(self, size: int) -> None:
        """Step over bytes; raises BadDataError where there are fewer."""
        ...


class _Mark:
    """The MARK object."""


Import = tuple[Global, int]
"""What is imported, and the offset in bytes of the opcode that does it."""


def imports_of(source: Source, budget: Budget, nesting: int = 0) -> Iterator[Import]:
    """Yield what the pickle at the stream's position imports and where, up to and with its STOP.

    Raises
    ------
    BadDataError
        It is no pickle, is larger than agreed, or does something that cannot be followed.
    """
    if nesting > MOST_NESTING:
        raise TooMuchError(t("pickles are nested too deeply"))
    machine = _Machine(source, budget, nesting)
    try:
        # pickletools reads from any object with read and readline.
        for opcode, argument, place in pickletools.genops(source):  # type: ignore[arg-type]
            budget.step()
            machine.at = place or 0
            yield from machine.step(opcode.name, argument)
    except BadDataError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, UnicodeError) as err:
        raise BadDataError(t("it breaks off or is no pickle")) from err
    except RecursionError as err:
        raise TooMuchError(t("it is nested too deeply")) from err


class _Machine:
    """The unpickler's stack and memo, holding what is known of the values."""

    def __init__(self, source: Source, budget: Budget, nesting: int) -> None:
        self.at = 0
        self._source = source
        self._budget = budget
        self._nesting = nesting
        self._stack: list[object] = []
        self._memo: dict[int, object] = {}
        self._frame_end: int | None = None

    def step(self, name: str, argument: object) -> Iterator[Import]:
        """Do one opcode; yield what it imports."""
        stack = self._stack
        if name in LITERALS:
            large = isinstance(argument, str | bytes | bytearray) and len(argument) > MOST_KEPT_BYTES
            stack.append(Opaque() if large else LITERALS[name] if argument is None else argument)
            if isinstance(argument, bytes | bytearray) and begins_as_pickle(argument):
                yield from self._within(bytes(argument))
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self._put(_whole(argument))
        elif name == "MEMOIZE":
            self._memo[len(self._memo)] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self._memo[_whole(argument)])
        elif name in FRESH:
            stack.append(FRESH[name]())
        elif name in MOVES:
            self._move(name)
        elif name == "FRAME":
            self._frame_end = self._source.tell() + _whole(argument)
        elif name not in ("PROTO", "STOP"):
            yield from self._import_or_call(name, argument)

    def _put(self, place: int) -> None:
        # A real unpickler makes room for every place up to this one: ten bytes can ask for gigabytes.
        if place > 64 * len(self._memo) + MOST_SPARE_PLACES:
            raise TooMuchError(t("a place of the memo lies far beyond those in use"))
        self._memo[place] = self._stack[-1]

    def _move(self, name: str) -> None:
        """Do an opcode that builds plain containers or moves values about."""
        stack = self._stack
        match name:
            case "MARK":
                stack.append(_Mark())
            case "POP" | "APPEND":
                stack.pop()
            case "DUP":
                stack.append(stack[-1])
            case "POP_MARK" | "APPENDS" | "ADDITEMS":
                self._pop_mark()
            case "TUPLE":
                stack.append(tuple(self._pop_mark()))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                size = int(name[-1])
                stack[-size:] = [tuple(stack[-size:])]
            case "LIST" | "FROZENSET":
                self._pop_mark()
                stack.append(Opaque())
            case "DICT":
                stack.append(_as_dict(self._pop_mark()))
            case _:
                items = self._pop_mark() if name == "SETITEMS" else [stack.pop(-2), stack.pop()]
                if isinstance(stack[-1], dict):
                    stack[-1].update(_as_dict(items))

    def _import_or_call(self, name: str, argument: object) -> Iterator[Import]:
        stack = self._stack
        if name == "GLOBAL":
            module, _, attribute = str(argument).partition(" ")
            yield self._imported(module, attribute)
        elif name == "STACK_GLOBAL":
            names = [stack.pop(), stack.pop()]
            yield self._imported(_text(names[1]), _text(names[0]))
        elif name == "INST":
            module, _, attribute = str(argument).partition(" ")
            arguments = tuple(self._pop_mark())
            found = Global(module, attribute)
            stack.append(Instance(found, arguments))
            yield found, self.at
        elif name == "OBJ":
            first, *rest = self._pop_mark()
            yield from self._call(first, tuple(rest))
        elif name in ("REDUCE", "NEWOBJ"):
            arguments_, callee = stack.pop(), stack.pop()
            yield from self._call(callee, arguments_)
        elif name == "NEWOBJ_EX":
            _, arguments_, callee = stack.pop(), stack.pop(), stack.pop()
            yield from self._call(callee, arguments_)
        elif name == "BUILD":
            yield from self._build()
        elif name in ("PERSID", "BINPERSID"):
            if name == "BINPERSID":
                stack.pop()
            stack.append(Opaque())
            yield Global(PERSISTENT, UNKNOWN), self.at
        elif name in ("EXT1", "EXT2", "EXT4"):
            stack.append(Opaque())
            yield Global("(copyreg extension)", str(argument)), self.at
        elif name == "READONLY_BUFFER":
            return
        else:
            raise BadDataError(t("the opcode {name} cannot be followed", name=name))

    def _imported(self, module: str, attribute: str) -> Import:
        found = Global(module, attribute)
        self._stack.append(found)
        return found, self.at

    def _within(self, content: bytes) -> Iterator[Import]:
        """Walk over bytes that begin as a pickle; where they turn out to be none, keep what reads like a name."""
        found: list[Import] = []
        whole = True
        if self._nesting >= MOST_NESTING:
            raise TooMuchError(t("pickles are nested too deeply"))
        try:
            found.extend(imports_of(ByteSource(io.BytesIO(content), len(content)), self._budget, self._nesting + 1))
        except BadDataError:
            whole = False
        for one, _ in found:
            if whole or (_NAME.fullmatch(one.module) and _NAME.fullmatch(one.name)):
                yield one, self.at

    def _call(self, callee: object, arguments: object) -> Iterator[Import]:
        if not isinstance(callee, Global):
            yield Global("(computed)", "a call of something that is no import"), self.at
            self._stack.append(Opaque())
            return
        if (callee.module, callee.name) in _RECONSTRUCTORS and isinstance(arguments, tuple) and arguments:
            made = arguments[0]
            self._stack.append(Instance(made, ()) if isinstance(made, Global) else Opaque())
            return
        self._stack.append(Instance(callee, arguments))

    def _build(self) -> Iterator[Import]:
        state = self._stack.pop()
        target = self._stack[-1]
        if isinstance(target, Global):
            # Setting attributes of a class or module would change what later opcodes mean.
            yield Global("(modified)", f"{target.module}.{target.name}"), self.at
        if not isinstance(target, Instance):
            return
        target.state = state
        if target.is_array_wrapper:
            if not isinstance(state, dict):
                raise BadDataError(t("the size of an array is computed while loading"))
            target.attributes |= state
            yield from self._step_over_array(array_layout(target))
            self._stack[-1] = Opaque()

    def _step_over_array(self, layout: ArrayLayout) -> Iterator[Import]:
        if self._frame_end is not None and self._source.tell() != self._frame_end:
            raise BadDataError(t("the bytes of an array stand inside a frame"))
        if layout.size is None:
            yield from imports_of(self._source, self._budget, self._nesting + 1)
            return
        if layout.padded:
            self._source.skip(self._source.read(1)[0])
        self._source.skip(layout.size)

    def _pop_mark(self) -> list[object]:
        place = len(self._stack) - 1
        while not isinstance(self._stack[place], _Mark):
            place -= 1
            if place < 0:
                raise BadDataError(t("it breaks off or is no pickle"))
        items = self._stack[place + 1 :]
        del self._stack[place:]
        return items


def begins_as_pickle(content: bytes | bytearray) -> bool:
    """Return whether bytes begin as pickles of protocol 2 to 5 do."""
    return len(content) > 2 and content[0] == 0x80 and 2 <= content[1] <= 5


def _as_dict(items: list[object]) -> dict[object, object]:
    # Only keys that are text matter here; others may not even be hashable.
    keys = (key if isinstance(key, str) else id(key) for key in items[::2])
    return dict(zip(keys, items[1::2], strict=True))


def _text(value: object) -> str:
    return value if isinstance(value, str) else UNKNOWN


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise BadDataError(t("it breaks off or is no pickle"))
    return value
