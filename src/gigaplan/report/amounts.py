"""Amounts in words: three significant figures, the unit a reader thinks in, never ``nan``."""

from __future__ import annotations

import math
from typing import Any

from gigaplan.core.timeline import month_index

NONE = "–"  # what stands where there is no figure

_MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def finite(value: Any) -> float | None:
    """Return `value` as a float, or None where it is missing or not a finite number."""
    if value is None or isinstance(value, str | bytes | dict | list):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def figure(value: Any, digits: int = 3) -> str:
    """Return a plain number with `digits` significant figures and thousands separated."""
    number = finite(value)
    if number is None:
        return NONE
    if number == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(number))))
    rounded = round(number, digits - 1 - math.floor(math.log10(abs(number))))
    text = f"{rounded:,.{min(decimals, 6)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return _signed("0" if text in {"-0", ""} else text)


def _signed(text: str) -> str:
    return "−" + text[1:] if text.startswith("-") else text  # a minus sign, not a hyphen


def _scaled(value: Any, steps: tuple[tuple[float, str], ...], digits: int) -> str:
    number = finite(value)
    if number is None:
        return NONE
    for i, (size, unit) in enumerate(steps):
        last = i == len(steps) - 1
        # 999.6 million reads as 1 billion: choose the unit after rounding
        shown = float(f"{abs(number):.{digits - 1}e}")
        if shown >= size or last:
            return f"{figure(number / size, digits)} {unit}"
    raise AssertionError("unreachable: the last step always matches")


def usd(value: Any, digits: int = 3) -> str:
    """Return money: ``512 billion USD``."""
    steps = ((1e12, "trillion USD"), (1e9, "billion USD"), (1e6, "million USD"), (1.0, "USD"))
    return _scaled(value, steps, digits)


def usd_short(value: Any, digits: int = 3) -> str:
    """Return money for a narrow place: ``512 bn``."""
    steps = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1.0, "USD"))
    return _scaled(value, steps, digits)


def power(value_mw: Any, digits: int = 3) -> str:
    """Return power from MW: ``14.2 GW`` or ``750 MW``."""
    return _scaled(value_mw, ((1e3, "GW"), (1.0, "MW")), digits)


def energy(value_mwh: Any, digits: int = 3) -> str:
    """Return energy from MWh: ``61.3 TWh``."""
    return _scaled(value_mwh, ((1e6, "TWh"), (1e3, "GWh"), (1.0, "MWh")), digits)


def volume(value_m3: Any, digits: int = 3) -> str:
    """Return a volume of water from cubic metres."""
    return _scaled(value_m3, ((1e6, "million m³"), (1e3, "thousand m³"), (1.0, "m³")), digits)


def mass(value_t: Any, digits: int = 3) -> str:
    """Return a mass of carbon dioxide from tonnes."""
    return _scaled(value_t, ((1e6, "million t"), (1e3, "thousand t"), (1.0, "t")), digits)


def hours(value: Any, digits: int = 2) -> str:
    """Return hours: ``3.2 hours``."""
    number = finite(value)
    return NONE if number is None else f"{figure(number, digits)} hours"


def percent(fraction: Any) -> str:
    """Return a share in per cent: whole above 1%, one figure below, ``<0.01%`` at the least."""
    number = finite(fraction)
    if number is None:
        return NONE
    share = 100 * number
    if share == 0:
        return "0%"
    if abs(share) < 0.01:
        return "<0.01%"
    if abs(share) < 1:
        return f"{figure(share, 1)}%"
    if 99 < share < 100:
        return f"{min(share, 99.99):.2f}".rstrip("0").rstrip(".") + "%"
    return _signed(f"{share:,.0f}") + "%"


def probability(row: Any, draws: Any) -> str:
    """Return a chance with its standard error: ``4% (± 1)``; none and all are said as counts."""
    chance = finite(row.get("probability"))
    if chance is None:
        return NONE
    count = finite(draws)
    if chance in (0.0, 1.0) and count:
        word = "none" if chance == 0 else "all"
        return f"{percent(chance)} ({word} of {count:,.0f} draws)"
    error = finite(row.get("standard_error"))
    if error is None:
        return percent(chance)
    return f"{percent(chance)} (± {figure(100 * error, 1)})"


def month(text: Any) -> str:
    """Return a month in words: ``June 2030``."""
    if not isinstance(text, str) or not text:
        return NONE
    index = month_index(text)
    return f"{_MONTH_NAMES[index % 12]} {index // 12}"


def spread(values: Any, shown: Any, unit_once: bool = True) -> str:
    """Return P10 to P90 of a mapping of percentiles in words: ``11.0 to 16.9 GW``.

    Parameters
    ----------
    values : mapping
        With keys ``p10`` and ``p90``.
    shown : callable
        One of this module's functions.
    unit_once : bool
        Leave the first unit out where both are the same.
    """
    low, high = shown((values or {}).get("p10")), shown((values or {}).get("p90"))
    if NONE in (low, high):
        return NONE
    low_number, _, low_unit = low.partition(" ")
    _, _, high_unit = high.partition(" ")
    if unit_once and low_unit and low_unit == high_unit:
        low = low_number
    return low if low == high else f"{low} to {high}"


def listed(words: list[str]) -> str:
    """Return words joined as in a sentence: ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def in_unit(value: Any, unit: str) -> str:
    """Return a value of a table's unit; what it is per is left to the words beside it."""
    number = finite(value)
    if number is None:
        return NONE
    if "USD" in unit:
        return usd(number)
    if unit in ("fraction", "per year", "share"):
        return f"{figure(100 * number)}%"
    return f"{figure(number)} {unit}".strip()


_UNIT_SPELLINGS = {
    "usd": "USD",
    "kw": "kW",
    "mw": "MW",
    "gw": "GW",
    "kwh": "kWh",
    "mwh": "MWh",
    "gwh": "GWh",
    "mmbtu": "MMBtu",
    "m3": "m³",
    "it": "IT",
    "co2": "CO₂",
}


def unit_words(unit: str) -> str:
    """Return a unit as people write it: ``usd_per_kw`` as USD/kW."""
    parts = unit.replace("_per_", "/").replace("_", " ").split("/")
    return "/".join(
        " ".join(_UNIT_SPELLINGS.get(word, word) for word in part.split(" ")) for part in parts
    )
