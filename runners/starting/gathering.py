"""Put a model and its data into a folder, or find them in one; nothing that is there is ever overwritten."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from proofbox.runners.errors import UsageError
from proofbox.runners.parts import BadFolderError, part_names
from proofbox.runners.submitted.submission import FILE_NAME
from proofbox.sandbox.formats import HEAD_BYTES, HOSTED, detect_folder, detect_format

DATA_SUFFIXES = frozenset((".csv", ".tsv", ".parquet", ".arrow", ".feather", ".ipc", ".jsonl", ".ndjson"))
SNIPPET = "record_training.py"
_MOST_FOUND = 2_000


@dataclass(slots=True)
class Made:
    """What was made so far, so that it can be taken away again where the rest fails."""

    folder: Path
    paths: list[Path] = field(default_factory=list)

    def directory(self, path: Path) -> None:
        """Make a folder and those above it, as far as they are not there."""
        missing = []
        while not path.exists():
            missing.append(path)
            path = path.parent
        for one in reversed(missing):
            one.mkdir()
            self.paths.append(one)

    def text(self, name: str, content: str) -> Path:
        """Write a new file of text below the folder."""
        path = self.folder / name
        with path.open("x", encoding="utf-8") as file:
            self.paths.append(path)
            file.write(content)
        return path

    def copy(self, source: Path, below: str) -> str:
        """Copy a file or a folder into the folder ``below``; return its path in the submission."""
        target = self.folder / below / source.name if source.is_file() else self.folder / below
        if target.exists():
            raise UsageError(f"{target}: is there already; 'proofbox init' overwrites nothing: move it away first")
        self.directory(target.parent)
        self.paths.append(target)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            shutil.copyfile(source, target)
        return target.relative_to(self.folder).as_posix()

    def undo(self) -> None:
        """Take away what was made."""
        for path in reversed(self.paths):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


@contextmanager
def making(folder: Path) -> Iterator[Made]:
    """Yield what notes all that is made below ``folder``; where the block fails, none of it is left."""
    made = Made(folder)
    try:
        made.directory(folder)
        yield made
    except BaseException:
        made.undo()
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Paths of the files inside the folder, with ``/``."""

    model: str
    evaluation: str
    training: str | None


def gathered(made: Made, model: Path | None, data: Path | None, training: Path | None) -> Found:
    """Copy the named files into the folder; those that are not named are looked for in it.

    Raises
    ------
    UsageError
        A named file is not there, or nothing or several things in the folder could be what was not named.
    """
    if (made.folder / FILE_NAME).exists():
        raise UsageError(
            f"{made.folder / FILE_NAME}: is there already; 'proofbox init' overwrites nothing: name another folder"
        )
    for option, path in (("--model", model), ("--data", data), ("--training", training)):
        if path is not None and not path.exists():
            raise UsageError(f"{option} {path}: no such file, expected the path of one that is there")
        if path is not None and option != "--model" and path.is_dir():
            _check_parts(option, path)
    inside = _inside(made.folder)
    tables = [path for path in inside if path.suffix.lower() in DATA_SUFFIXES]
    trained = [path for path in tables if "train" in path.stem.lower()]
    if data is None:
        data = _one([path for path in tables if path not in trained] or tables, "--data", made.folder)
        training = training or (trained[0] if len(trained) == 1 and trained[0] != data else None)
    if model is None:
        model = _one(_models(made.folder, inside), "--model", made.folder)
    return Found(
        model=_placed(made, model, "model"),
        evaluation=_placed(made, data, _below(data)),
        training=None if training is None else _placed(made, training, _below(training)),
    )


def _check_parts(option: str, folder: Path) -> None:
    """Refuse a folder that is no data set in parts."""
    names = (f"{path.relative_to(folder).as_posix()}{'/' if path.is_dir() else ''}" for path in folder.rglob("*"))
    try:
        part_names(islice(names, _MOST_FOUND))
    except BadFolderError as err:
        raise UsageError(f"{option} {folder}: {err}") from err


def _below(data: Path) -> str:
    """Return the folder of the submission into which data from elsewhere are copied: parts, one of their own."""
    return f"data/{data.resolve().name}" if data.is_dir() else "data"


def _placed(made: Made, path: Path, below: str) -> str:
    """Return the path inside the submission; what lies elsewhere is copied."""
    real, folder = path.resolve(), made.folder.resolve()
    return real.relative_to(folder).as_posix() if real.is_relative_to(folder) else made.copy(path, below)


def _inside(folder: Path) -> list[Path]:
    found: list[Path] = []
    for path in folder.rglob("*"):
        if len(found) >= _MOST_FOUND:
            raise UsageError(f"{folder}: more than {_MOST_FOUND} files; name the two: --model FILE --data FILE")
        if path.is_file() and not path.is_symlink():
            found.append(path)
    return sorted(found)


def _models(folder: Path, inside: list[Path]) -> list[Path]:
    folders = {path.parent for path in inside if path.name in ("MLmodel", "predict.py", "http.json")} - {folder}
    files = []
    for path in inside:
        if path.suffix.lower() in DATA_SUFFIXES or any(path.is_relative_to(one) for one in folders):
            continue
        with path.open("rb") as file:
            found = detect_format(path.name, file.read(HEAD_BYTES))
        if found not in ("unknown", "python"):
            files.append(path)
    return sorted(folders) + files


def _one(candidates: list[Path], option: str, folder: Path) -> Path:
    what = "model" if option == "--model" else "data file"
    if not candidates:
        expected = f" in one of the formats {', '.join(HOSTED)}" if option == "--model" else ", such as eval.csv"
        raise UsageError(f"no {what} in {folder}: name it with {option} FILE{expected}")
    if len(candidates) > 1:
        shown = ", ".join(str(path.relative_to(folder)) for path in candidates[:8])
        raise UsageError(f"several files in {folder} could be the {what}: {shown}; name it with {option} FILE")
    return candidates[0]


def format_of(path: Path) -> str:
    """Return the format of a model file or folder by how it begins, or by what is in it; nothing is loaded."""
    if path.is_dir():
        return detect_folder(one.name for one in path.iterdir())
    with path.open("rb") as file:
        return detect_format(path.name, file.read(HEAD_BYTES))
