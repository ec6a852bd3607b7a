from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from gigaplan.programme import quantities as q


def read(kind: Any, found: Any) -> float:
    return float(TypeAdapter(kind).validate_python(found))


def refusal(kind: Any, found: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(found)
    return str(caught.value.errors()[0]["ctx"]["message"])


# Each by arithmetic: 1 GW is 1,000 MW, an acre 0.40468564224 ha, a year 12 months.
@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (q.Mw, "345 MW", 345),
        (q.Mw, "1.2 GW", 1200),
        (q.Mw, "75MW", 75),
        (q.Mw, " 75   MW ", 75),
        (q.Mw, "1_200 MW", 1200),
        (q.Mw, "1.2e3 MW", 1200),
        (q.Mw, ".5 GW", 500),
        (q.Mw, "500 kW", 0.5),
        (q.Mw, 12, 12),
        (q.Mw, 1.5, 1.5),
        (q.Usd, "4 billion USD", 4e9),
        (q.Usd, "4  billion  USD", 4e9),
        (q.Usd, "350 million USD", 3.5e8),
        (q.SignedUsd, "-2 billion USD", -2e9),
        (q.UsdPerKw, "5000 USD/kW", 5000),
        (q.UsdPerKw, "5 million USD/MW", 5000),
        (q.UsdPerKw, "5 billion USD/GW", 5000),
        (q.UsdPerKwYear, "120000 USD/MW-year", 120),
        (q.UsdPerMwh, "8.5e-2 USD/kWh", 85),
        (q.UsdPerKwh, "200000 USD/MWh", 200),
        (q.UsdPerItMw, "30 billion USD/GW", 3e7),
        (q.UsdPerItMwYear, "10.3 million USD/MW-year", 10.3e6),
        (q.UsdPerItMwYear, "10.3 billion USD/GW-year", 10.3e6),
        (q.KgPerMwh, "0.4 t/MWh", 400),
        (q.KgPerMwh, "400 g/kWh", 400),
        (q.Fraction, "40%", 0.4),
        (q.Fraction, "40 %", 0.4),
        (q.Fraction, 0.4, 0.4),
        (q.Rate, "-3%", -0.03),
        (q.Months, "18 months", 18),
        (q.Months, "1.5 years", 18),
        (q.Months, "365.2425 days", 12),
        (q.Years, "6 months", 0.5),
        (q.Hours, "2 days", 48),
        (q.CubicMetres, "3 ML", 3000),
        (q.Acres, "40.468564224 ha", 100),
        (q.M3PerMwh, "1.8 L/kWh", 1.8),
        (q.Latitude, "40.1 degrees", 40.1),
    ],
)
def test_a_quantity_is_read_in_the_unit_of_its_field(kind: Any, written: Any, value: float) -> None:
    assert read(kind, written) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "written", "message"),
    [
        (q.Mw, "345 MWh", "found the unit 'MWh' in '345 MWh'; allowed here: kW, MW, GW, TW."),
        (q.Mw, "345 Mw", "allowed here: kW, MW, GW, TW. Did you mean 'MW'?"),
        (q.Mw, "345", "found the text '345'; write the number without quotes"),
        (q.Mw, "1,200 MW", "write a number without commas: 1000 or 1_000"),
        (q.Mw, "about 3 MW", "found 'about 3 MW'; write a number and its unit"),
        (q.Mw, "", "found ''; write a number and its unit"),
        (q.Mw, None, "found nothing; write a number"),
        (q.Mw, True, "found true; write a number"),
        (q.Mw, [1], "found a list; write a number"),
        (q.Mw, {"a": 1}, "found a mapping; write a number"),
        (q.Mw, math.nan, "found .nan, which is no number"),
        (q.Mw, math.inf, "found a number beyond 1e18"),
        (q.Mw, 10**400, "found a number beyond 1e18"),
        (q.Mw, "1e400 MW", "found a number beyond 1e18"),
        (q.Mw, "9" * 41 + " MW", "found a number of over 40 digits"),
        (q.Mw, "9" * 1000, "write a number and its unit"),
        (q.Mw, -1, "found -1; at least 0 MW is allowed."),
        (q.Mw, "-1 kW", "found '-1 kW'; at least 0 MW is allowed."),
        (q.Mw, "2 TW", "found '2 TW'; at most 1,000,000 MW is allowed."),
        (q.Usd, "4 billion EUR", "found the unit 'billion EUR'"),
        (q.Fraction, 40, "found 40; a share from 0 to 1 (0% to 100%) is allowed."),
        (q.Rate, "-60%", "found '-60%'; a share from -0.5 to 1 (-50% to 100%) is allowed."),
        (q.Latitude, 91, "found 91; at most 90 degrees is allowed."),
    ],
)
def test_what_is_no_such_quantity_is_refused_with_what_is_allowed(
    kind: Any, written: Any, message: str
) -> None:
    assert message in refusal(kind, written)


_POWERS = {"kW": 1e-3, "MW": 1.0, "GW": 1e3, "TW": 1e6}


@given(st.floats(0, 1e6), st.sampled_from(sorted(_POWERS)))
def test_a_number_survives_being_written_in_any_unit_of_its_kind(mw: float, unit: str) -> None:
    assert read(q.Mw, f"{mw / _POWERS[unit]!r} {unit}") == pytest.approx(mw, rel=1e-12, abs=1e-300)


_ANYTHING = st.one_of(
    st.text(),
    st.integers(),
    st.floats(),
    st.none(),
    st.booleans(),
    st.lists(st.integers(), max_size=2),
    st.from_regex(r"[+-]?[0-9.,_eE]{0,12} ?(MW|USD|%|kg|)", fullmatch=True),
)


@given(_ANYTHING, st.sampled_from([q.Mw, q.Usd, q.Fraction, q.Months, q.UsdPerMwh]))
def test_anything_is_a_finite_number_or_a_clear_refusal(found: Any, kind: Any) -> None:
    try:
        value = read(kind, found)
    except ValidationError as error:
        (problem,) = error.errors()
        assert problem["type"] == "quantity"
        message = problem["ctx"]["message"]
        assert message.startswith("found ")
        assert message.endswith((".", "?"))
        assert len(message) < 500
    else:
        assert math.isfinite(value)


def test_what_was_found_is_told_short() -> None:
    assert q.describe("x" * 1000) == "'" + "x" * 55 + "...'"
    assert q.describe(10**100) == "1" + "0" * 54 + "..."
    assert q.describe(1.5) == "1.5"
    assert q.describe(False) == "false"
