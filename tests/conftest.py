"""Fixtures every room's tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and known answers beside the repository."""
    if not _SHARED.is_dir():
        pytest.skip("needs the shared folder of real data and known answers beside the repository")
    return _SHARED


def _as_json(text: str) -> Any:
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value if isinstance(value, int | float | str | None) else str(value)

    return plain(yaml.load(text))


@pytest.fixture(scope="session")
def as_json() -> Callable[[str], Any]:
    """Return a function that gives a programme as an editor hands it to a validator."""
    return _as_json


@pytest.fixture(scope="session")
def validator() -> Any:
    """Return an independent validator of the published JSON Schema."""
    import jsonschema

    from gigaplan.programme.schema import json_schema

    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)
