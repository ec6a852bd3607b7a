"""Numbers with units as people write them: ``345 MW``, ``4 billion USD``, ``18 months``.

A field has one unit and a range; a text may use any unit of the same kind and
is converted. A bare number is read in the field's own unit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_POWER = {"kW": 1e-3, "MW": 1.0, "GW": 1e3, "TW": 1e6}
_ENERGY = {"kWh": 1e-3, "MWh": 1.0, "GWh": 1e3, "TWh": 1e6}
_MONEY = {
    "USD": 1.0,
    "thousand USD": 1e3,
    "million USD": 1e6,
    "billion USD": 1e9,
    "trillion USD": 1e12,
}
_PER_POWER = {"USD/kW": 1.0, "USD/MW": 1e-3, "million USD/MW": 1e3, "billion USD/GW": 1e3}
_PER_POWER_YEAR = {"USD/kW-year": 1.0, "USD/MW-year": 1e-3}
_PER_ENERGY = {"USD/MWh": 1.0, "USD/kWh": 1e3}
_PRICE_RESPONSE = {"USD/MWh/GW": 1.0, "USD/MWh/MW": 1e3}
_PER_ENERGY_CAPACITY = {"USD/kWh": 1.0, "USD/MWh": 1e-3}
_PER_GPU_HOUR = {"USD/GPU-hour": 1.0}
_PER_TOKENS = {"USD/million tokens": 1.0, "USD/billion tokens": 1e-3}
_PER_IT_MW = {"USD/MW": 1.0, "USD/kW": 1e3, "million USD/MW": 1e6, "billion USD/GW": 1e6}
_PER_IT_MW_YEAR = {
    "USD/MW-year": 1.0,
    "USD/kW-year": 1e3,
    "million USD/MW-year": 1e6,
    "billion USD/GW-year": 1e6,
}
_HEAT_PRICE = {"USD/MMBtu": 1.0}
_MASS_PRICE = {"USD/t": 1.0}
_INTENSITY = {"kg/MWh": 1.0, "t/MWh": 1e3, "g/kWh": 1.0}
_SHARE = {"%": 0.01, "fraction": 1.0}
_SPAN_MONTHS = {
    "months": 1.0,
    "month": 1.0,
    "years": 12.0,
    "year": 12.0,
    "weeks": 12 / 52.1775,
    "days": 12 / 365.2425,
}
_SPAN_YEARS = {"years": 1.0, "year": 1.0, "months": 1 / 12, "month": 1 / 12}
_SPAN_HOURS = {"h": 1.0, "hours": 1.0, "hour": 1.0, "days": 24.0, "day": 24.0}
_VOLUME = {"m3": 1.0, "megalitres": 1e3, "ML": 1e3}
_AREA = {"acres": 1.0, "hectares": 2.471054, "ha": 2.471054}
_PARAMETERS = {"billion parameters": 1.0, "trillion parameters": 1000.0}
_WATER = {"m3/MWh": 1.0, "L/kWh": 1.0}
_COVER = {"times": 1.0}
_DEGREES = {"degrees": 1.0}
_HEAT_RATE = {"MMBtu/MWh": 1.0}
_RATE = {"per year": 1.0, "per month": 12.0}
_TEMPERATURE = {"C": 1.0}
_HEAT = {"MMBtu": 1.0, "thousand MMBtu": 1e3, "million MMBtu": 1e6}
_HEAT_FLOW = {"MMBtu/h": 1.0, "MMBtu/day": 1 / 24}

_NUMBER = re.compile(r"^\s*([+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*(.*?)\s*$")
_LARGEST = 1e18


def _refuse(message: str) -> PydanticCustomError:
    return PydanticCustomError("quantity", "{message}", {"message": message})


def parse_quantity(found: Any, units: Mapping[str, float]) -> float:
    """Return a number in the field's unit.

    Parameters
    ----------
    found : int, float or str
        What stands in the file.
    units : mapping of str to float
        Allowed units and their factor to the field's own unit.

    Raises
    ------
    PydanticCustomError
        If it is no number, not finite, beyond 1e18, or in a unit of another kind.
    """
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        raise _refuse(f"found {describe(found)}; write a number, optionally in {_listed(units)}.")
    value = _parse_text(found, units) if isinstance(found, str) else found
    if abs(value) > _LARGEST:
        raise _refuse("found a number beyond 1e18; that is no quantity of a real programme.")
    if math.isnan(value):
        raise _refuse("found .nan, which is no number; write the number itself.")
    return float(value)


def _parse_text(found: str, units: Mapping[str, float]) -> float:
    match = _NUMBER.match(found[:200])
    if match is None or len(found) > 200:
        raise _refuse(
            f"found {describe(found)}; write a number and its unit ({_listed(units)}), "
            f"such as 1 {next(name for name, factor in units.items() if factor == 1)}."
        )
    number, unit = match[1].replace("_", ""), re.sub(r"\s+", " ", match[2])
    if len(number) > 40:
        raise _refuse("found a number of over 40 digits; that is no quantity of a real programme.")
    if unit == "":
        raise _refuse(
            f"found the text '{found}'; write the number without quotes, or with its unit "
            f"({_listed(units)})."
        )
    if unit.startswith(","):
        raise _refuse(
            f"found '{found}'; write a number without commas: 1000 or 1_000, and 0.5 for a half."
        )
    if unit not in units:
        right = next((name for name in units if name.lower() == unit.lower()), "")
        raise _refuse(
            f"found the unit '{unit}' in '{found}'; allowed here: {_listed(units)}."
            + (f" Did you mean '{right}'?" if right else "")
        )
    return float(number) * units[unit]


def _listed(units: Mapping[str, float]) -> str:
    return ", ".join(units)


def describe(found: Any) -> str:
    """Return what was found, short enough for a message."""
    if found is None:
        return "nothing"
    if isinstance(found, dict):
        return "a mapping"
    if isinstance(found, list):
        return "a list"
    if isinstance(found, bool):
        return "true" if found else "false"
    quote = "'" if isinstance(found, str) else ""
    text = str(found)
    return f"{quote}{text if len(text) <= 58 else text[:55] + '...'}{quote}"


def _check_range(found: Any, value: float, unit: str, low: float, high: float) -> float:
    if low <= value <= high:
        return value
    if unit == "fraction":
        allowed = f"a share from {low:g} to {high:g} ({low:.0%} to {high:.0%}) is allowed."
    else:
        bound = f"at least {low:,.15g}" if value < low else f"at most {high:,.15g}"
        allowed = f"{bound} {unit} is allowed."
    raise _refuse(f"found {describe(found)}; {allowed}")


def _pattern(units: Mapping[str, float], *, signed: bool) -> str:
    """Return the regular expression, of JavaScript and Python alike, of a number and its unit."""
    sign = "[+-]?" if signed else "[+]?"
    number = r"([0-9][0-9_]*(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"
    names = "|".join(re.escape(name).replace(r"\ ", r"\s+").replace(r"\-", "-") for name in units)
    return rf"^\s*{sign}{number}\s*({names})\s*$"


def _field(units: Mapping[str, float], unit: str, low: float, high: float) -> Any:
    number = {"type": "number", "minimum": low, "maximum": high}
    text = {
        "type": "string",
        "pattern": _pattern(units, signed=low < 0),
        "examples": [f"1 {name}" for name in units],
    }
    schema = {"anyOf": [number, text], "x-unit": unit}
    return (
        BeforeValidator(
            lambda found: _check_range(found, parse_quantity(found, units), unit, low, high)
        ),
        WithJsonSchema(schema),
    )


Mw = Annotated[float, *_field(_POWER, "MW", 0, 1e6)]
Mwh = Annotated[float, *_field(_ENERGY, "MWh", 0, 1e9)]
Usd = Annotated[float, *_field(_MONEY, "USD", 0, 1e15)]
SignedUsd = Annotated[float, *_field(_MONEY, "USD", -1e15, 1e15)]
UsdPerKw = Annotated[float, *_field(_PER_POWER, "USD/kW", 0, 1e6)]
UsdPerKwYear = Annotated[float, *_field(_PER_POWER_YEAR, "USD/kW-year", 0, 1e5)]
UsdPerMwh = Annotated[float, *_field(_PER_ENERGY, "USD/MWh", -1e4, 1e5)]
UsdPerMwhPerGw = Annotated[float, *_field(_PRICE_RESPONSE, "USD/MWh/GW", 0, 1e4)]
UsdPerKwh = Annotated[float, *_field(_PER_ENERGY_CAPACITY, "USD/kWh", 0, 1e5)]
UsdPerItMw = Annotated[float, *_field(_PER_IT_MW, "USD/MW", 0, 1e9)]
UsdPerItMwYear = Annotated[float, *_field(_PER_IT_MW_YEAR, "USD/MW-year", 0, 1e9)]
UsdPerGpuHour = Annotated[float, *_field(_PER_GPU_HOUR, "USD/GPU-hour", 0, 1e4)]
UsdPerMillionTokens = Annotated[float, *_field(_PER_TOKENS, "USD/million tokens", 0, 1e6)]
UsdPerMmbtu = Annotated[float, *_field(_HEAT_PRICE, "USD/MMBtu", 0, 1e3)]
UsdPerTonne = Annotated[float, *_field(_MASS_PRICE, "USD/t", 0, 1e5)]
KgPerMwh = Annotated[float, *_field(_INTENSITY, "kg/MWh", 0, 2000)]
Fraction = Annotated[float, *_field(_SHARE, "fraction", 0, 1)]
Rate = Annotated[float, *_field(_SHARE, "fraction", -0.5, 1)]
Months = Annotated[float, *_field(_SPAN_MONTHS, "months", 0, 600)]
Years = Annotated[float, *_field(_SPAN_YEARS, "years", 0, 100)]
Hours = Annotated[float, *_field(_SPAN_HOURS, "hours", 0, 1e5)]
CubicMetres = Annotated[float, *_field(_VOLUME, "m3", 0, 1e10)]
Acres = Annotated[float, *_field(_AREA, "acres", 0, 1e6)]
BillionParameters = Annotated[float, *_field(_PARAMETERS, "billion parameters", 0.001, 100_000)]
Times = Annotated[float, *_field(_COVER, "times", 0, 1000)]
Cover = Annotated[float, *_field(_COVER, "times", 1, 100)]
M3PerMwh = Annotated[float, *_field(_WATER, "m3/MWh", 0, 100)]
MmbtuPerMwh = Annotated[float, *_field(_HEAT_RATE, "MMBtu/MWh", 0, 100)]
EventsPerYear = Annotated[float, *_field(_RATE, "per year", 0, 20)]
Celsius = Annotated[float, *_field(_TEMPERATURE, "C", -60, 60)]
Mmbtu = Annotated[float, *_field(_HEAT, "MMBtu", 0, 1e12)]
MmbtuPerHour = Annotated[float, *_field(_HEAT_FLOW, "MMBtu/h", 0, 1e8)]
Latitude = Annotated[float, *_field(_DEGREES, "degrees", -90, 90)]
Longitude = Annotated[float, *_field(_DEGREES, "degrees", -180, 180)]
