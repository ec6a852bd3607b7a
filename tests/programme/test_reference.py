"""The programme reference in `docs/` is made from the models, and is the one they make now."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from gigaplan.programme.model import Programme

_DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", _DOCS / "programme_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_the_one_the_models_make(reference: ModuleType) -> None:
    page = (_DOCS / "programme-reference.md").read_text("utf-8")
    assert page == reference.page(), "run make docs, which writes the page anew"


def test_every_key_of_every_model_stands_in_the_page(reference: ModuleType) -> None:
    page = reference.page()
    schema = Programme.model_json_schema()
    for definition in (schema, *schema["$defs"].values()):
        for key in definition["properties"]:
            assert f"| `{key}` |" in page
    for name in schema["$defs"]:
        assert f"(programme-{name.lower()})=" in page


def test_no_row_lacks_what_it_means(reference: ModuleType) -> None:
    rows = [line for line in reference.page().splitlines() if line.startswith("| `")]
    assert len(rows) > 150
    assert not [row for row in rows if row.rstrip(" |").count("|") < 4]
