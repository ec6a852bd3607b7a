"""The published JSON Schema, against the reader and an independent validator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gigaplan.programme.bundled import bundled_names, locate
from gigaplan.programme.model import Programme
from gigaplan.programme.schema import json_schema, kinds_at, model_at, type_at, unit_at
from gigaplan.programme.supply import Tolling

AsJson = Callable[[str], Any]


@pytest.mark.parametrize("name", bundled_names())
def test_a_bundled_programme_is_valid(as_json: AsJson, validator: Any, name: str) -> None:
    programme = as_json(locate(name).read_text("utf-8"))
    assert [error.message for error in validator.iter_errors(programme)] == []


def test_every_field_is_described_and_every_quantity_has_its_unit() -> None:
    schema = json_schema()
    for name, definition in schema["$defs"].items():
        assert definition["description"], name
        for field, part in definition.get("properties", {}).items():
            if "const" not in part and name not in ("Sourced", "Source"):
                assert part.get("description"), (name, field)
            if field.endswith(("_mw", "_usd", "_fraction", "_years", "_months", "_mwh", "_kw")):
                assert '"x-unit"' in str(part).replace("'", '"') or "$ref" in str(part), (
                    name,
                    field,
                )


def test_units_are_read_off_the_type_of_a_field() -> None:
    assert unit_at(("campuses", "any", "phases", 0, "it_mw")) == "MW"
    assert unit_at(("power", "any", "contract", "price_usd_per_mwh")) == "USD/MWh"
    assert unit_at(("target", "it_mw_by_year", 2030)) == "MW"
    assert unit_at(("power", "any", "units")) == ""
    assert unit_at(("title",)) == ""


def test_models_and_kinds_are_found_by_their_place() -> None:
    assert model_at(Programme, ("power", "any", "contract"), "tolling") is Tolling
    assert kinds_at(Programme, ("power", "any", "contract")) == [
        "own",
        "ppa",
        "prepayment",
        "tolling",
    ]
    assert kinds_at(Programme, ("sites", "any")) == []
    assert type_at(("seed",)) is not None
