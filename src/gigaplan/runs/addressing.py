"""The name of a run: a hash of everything its answer depends on."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

import gigaplan.core

ID_LENGTH = 12


def content_id(parts: Any) -> str:
    """Return a short name that is equal exactly when `parts` are equal.

    Parameters
    ----------
    parts : mapping, sequence, dataclass, array, path, number or text
        Nested freely. A `Path` counts by the bytes of its file, an array by its values.
    """
    digest = hashlib.blake2b(digest_size=16)
    _feed(digest, parts)
    return digest.hexdigest()[:ID_LENGTH]


def code_id() -> str:
    """Return a short name of gigaplan's own code and data, as installed.

    A run computed by other code is another run, also between two versions.
    """
    root = Path(gigaplan.core.__file__).parents[1]
    files = sorted(
        path for path in root.rglob("*") if path.suffix in (".py", ".csv") and path.is_file()
    )
    return content_id({str(path.relative_to(root)): path for path in files})


def _feed(digest: Any, part: Any) -> None:
    if isinstance(part, Path):
        digest.update(b"file")
        digest.update(hashlib.blake2b(part.read_bytes(), digest_size=16).digest())
    elif isinstance(part, np.ndarray):
        digest.update(f"array{part.dtype.str}{part.shape}".encode())
        digest.update(np.ascontiguousarray(part).tobytes())
    elif dataclasses.is_dataclass(part) and not isinstance(part, type):
        digest.update(type(part).__name__.encode())
        for field in dataclasses.fields(part):
            digest.update(field.name.encode())
            _feed(digest, getattr(part, field.name))
    elif isinstance(part, dict):
        digest.update(b"{")
        for key in sorted(part, key=str):
            digest.update(f"{key}=".encode())
            _feed(digest, part[key])
        digest.update(b"}")
    elif isinstance(part, list | tuple):
        digest.update(b"[")
        for item in part:
            _feed(digest, item)
            digest.update(b",")
        digest.update(b"]")
    else:
        digest.update(f"{type(part).__name__}:{json.dumps(part, default=str)}".encode())
