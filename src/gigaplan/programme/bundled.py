"""The programmes that come with gigaplan, and copies of them to edit."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from gigaplan.core.errors import InputError, Problem, nearest

_EXAMPLES = Path(__file__).parent / "examples"
FILE_NAME = "programme.yaml"


def bundled_names() -> tuple[str, ...]:
    """Return the names of the bundled programmes."""
    return tuple(sorted(path.stem for path in _EXAMPLES.glob("*.yaml")))


def locate(name: str) -> Path:
    """Return the file of a programme named as a bundled one, a file, or a folder that holds one.

    Raises
    ------
    InputError
        If there is no such file and no bundled programme of that name.
    """
    path = Path(name)
    if path.is_dir():
        return path / FILE_NAME
    if path.is_file() or path.suffix in (".yaml", ".yml") or os.sep in name:
        return path
    if name in bundled_names():
        return _EXAMPLES / f"{name}.yaml"
    hint = nearest(name, bundled_names()) or f"Bundled: {', '.join(bundled_names())}."
    raise InputError(Problem(f"'{name}' is neither a file nor a bundled programme.", hint=hint))


def copy_bundled(name: str, folder: Path) -> Path:
    """Copy a bundled programme into a folder, to be edited; return the new file.

    Raises
    ------
    InputError
        If there is no such programme, or the folder already holds a programme.
    """
    if name not in bundled_names():
        hint = nearest(name, bundled_names()) or f"Bundled: {', '.join(bundled_names())}."
        raise InputError(Problem(f"there is no bundled programme '{name}'.", hint=hint))
    target = folder / FILE_NAME
    if target.exists():
        raise InputError(
            Problem(
                "is there already; it is not overwritten.",
                file=str(target),
                hint="Choose another folder.",
            )
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(Problem(f"cannot be made: {error.strerror}.", file=str(folder))) from None
    handle, part = tempfile.mkstemp(dir=folder, prefix=".programme-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write((_EXAMPLES / f"{name}.yaml").read_text("utf-8"))
    Path(part).chmod(0o644)
    Path(part).rename(target)
    return target
