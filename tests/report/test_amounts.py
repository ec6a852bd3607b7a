from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gigaplan.report import amounts


@pytest.mark.parametrize(
    ("shown", "value", "words"),
    [
        (amounts.usd, 5.12345e11, "512 billion USD"),
        (amounts.usd, 1.2e12, "1.2 trillion USD"),
        (amounts.usd, 999.6e6, "1 billion USD"),
        (amounts.usd, -3.4e9, "−3.4 billion USD"),
        (amounts.usd, 12.0, "12 USD"),
        (amounts.usd_short, 7.95e10, "79.5 bn"),
        (amounts.power, 14_230.0, "14.2 GW"),
        (amounts.power, 750.0, "750 MW"),
        (amounts.power, 999.7, "1 GW"),
        (amounts.energy, 6.13e7, "61.3 TWh"),
        (amounts.volume, 2.5e6, "2.5 million m³"),
        (amounts.mass, 450.0, "450 t"),
        (amounts.percent, 0.0432, "4%"),
        (amounts.percent, 0.0042, "0.4%"),
        (amounts.percent, 0.0, "0%"),
        (amounts.percent, 1.0, "100%"),
        (amounts.percent, 0.9996, "99.96%"),
        (amounts.percent, 1e-9, "<0.01%"),
        (amounts.figure, 1234567.0, "1,230,000"),
        (amounts.figure, 0.000123456, "0.000123"),
        (amounts.month, "2030-06", "June 2030"),
    ],
)
def test_amounts_read_as_people_say_them(shown: object, value: object, words: str) -> None:
    assert callable(shown)
    assert shown(value) == words


@pytest.mark.parametrize(
    "shown", [amounts.usd, amounts.power, amounts.percent, amounts.figure, amounts.hours]
)
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, "text"])
def test_what_is_no_figure_is_a_dash(shown: object, value: object) -> None:
    assert callable(shown)
    assert shown(value) == amounts.NONE


@given(st.floats(-1e15, 1e15))
def test_every_amount_keeps_three_figures(value: float) -> None:
    text = amounts.usd(value)
    number, _, unit = text.partition(" ")
    scale = {"trillion USD": 1e12, "billion USD": 1e9, "million USD": 1e6, "USD": 1.0}[unit]
    read = float(number.replace("−", "-").replace(",", "")) * scale
    assert read == pytest.approx(value, rel=0.00501, abs=1e-6)


def test_a_chance_of_none_is_said_as_a_count() -> None:
    row = {"probability": 0.0, "standard_error": 0.0}
    assert amounts.probability(row, 1000) == "0% (none of 1,000 draws)"


def test_a_chance_carries_its_standard_error() -> None:
    row = {"probability": 0.43, "standard_error": 0.016}
    assert amounts.probability(row, 1000) == "43% (± 2)"


def test_a_spread_names_a_shared_unit_once() -> None:
    assert amounts.spread({"p10": 11e3, "p90": 16.9e3}, amounts.power) == "11 to 16.9 GW"
    assert amounts.spread({"p10": 800, "p90": 1200}, amounts.power) == "800 MW to 1.2 GW"
    assert amounts.spread(None, amounts.power) == amounts.NONE


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("usd_per_kw", "USD/kW"),
        ("USD/kW", "USD/kW"),
        ("usd_per_it_mw_year", "USD/IT MW year"),
        ("m3_per_mwh", "m³/MWh"),
        ("fraction", "fraction"),
        ("", ""),
    ],
)
def test_units_are_written_as_people_write_them(unit: str, words: str) -> None:
    assert amounts.unit_words(unit) == words
