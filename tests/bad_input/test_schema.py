"""What the published JSON Schema can see of the corpus, an editor refuses before gigaplan does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .corpus import GOOD, cases

AsJson = Callable[[str], Any]


def test_the_programme_that_is_broken_below_is_valid(as_json: AsJson, validator: Any) -> None:
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
def test_what_a_schema_can_see_it_refuses_as_the_reader_does(
    as_json: AsJson, validator: Any, broken: str
) -> None:
    (case,) = [case for case in cases() if case.broken == broken]
    assert not validator.is_valid(as_json(case.text))
