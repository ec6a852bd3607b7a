"""What the published JSON Schema can see of the corpus, an editor refuses before gigaplan does."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from gigaplan.programme.schema import json_schema

from .corpus import GOOD, cases


def as_json(text: str) -> Any:
    """Return a programme as an editor hands it to a validator: keys are texts."""
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


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_programme_that_is_broken_below_is_valid(validator: Any) -> None:
    assert [error.message for error in validator.iter_errors(as_json(GOOD))] == []


_SEEN_BY_A_SCHEMA = [
    "Negative power",
    "Ten billion MW",
    "A unit of another kind",
    "A unit in the wrong case",
    "A number in quotes",
    "A decimal comma",
    "Another currency",
    "A list where a number belongs",
    "A truth where a number belongs",
    "A latitude off the globe",
    "Half a reactor",
    "A key misspelt",
    "A key that is near no other",
    "A key left out",
    "A list where a mapping belongs",
    "A text where a list belongs",
    "An empty list",
    "A choice that is none",
    "A kind that is none",
    "No kind",
    "A stage that is none",
    "A form of a later version",
    "A year where a month belongs",
    "A mark that is none",
    "An unknown key beside a source",
    "A source without a title",
]


@pytest.mark.parametrize("broken", _SEEN_BY_A_SCHEMA)
def test_what_a_schema_can_see_it_refuses_as_the_reader_does(validator: Any, broken: str) -> None:
    (case,) = [case for case in cases() if case.broken == broken]
    assert not validator.is_valid(as_json(case.text))
