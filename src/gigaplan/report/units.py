"""The unit of each column of a run's tables, and how it is shown in a sheet."""

from __future__ import annotations

_SUFFIXES = (
    ("_usd_per_gw_year", "USD per GW-year"),
    ("usd_per_gw_year", "USD per GW-year"),
    ("_usd_per_mwh", "USD/MWh"),
    ("_usd_per_kw", "USD/kW"),
    ("_it_mwh", "MWh of IT"),
    ("_it_mw", "MW of IT"),
    ("_usd", "USD"),
    ("_mwh", "MWh"),
    ("_mw", "MW"),
    ("_m3", "m3"),
    ("_hours", "h"),
    ("_month", "YYYY-MM"),
    ("_fraction", "fraction"),
    ("probability", "fraction"),
)
_BANDS = ("p10", "p50", "p90", "mean", "standard_error")
_BAND_UNITS = {
    "online": "MW of IT",
    "targets": "MW of IT",
    "capex": "USD, base year",
    "cash": "USD, nominal",
    "funding_gap": "USD, nominal",
    "statements": "USD, nominal; ratios: a number",
}
_WHOLE = {"mw": "MW", "mwh": "MWh", "co2_t": "t", "latitude": "degrees", "longitude": "degrees"}
_SHARES = ("clean_share_hourly", "clean_share_annual")


def unit_of(table: str, column: str) -> str:
    """Return the unit of a column, or nothing where it is text or a count.

    Parameters
    ----------
    table, column : str
        Names as in docs/run-format.md.
    """
    if column in _BANDS:
        if table == "targets" and column == "standard_error":
            return "fraction"
        return _BAND_UNITS.get(table, "")
    if table == "draws" and column.startswith("online_it_mw_"):
        return "MW of IT"
    name = column.removesuffix("_standard_error")
    if name in _WHOLE:
        return _WHOLE[name]
    if name in _SHARES or name.startswith("lost_compute_fraction"):
        return "fraction"
    return next((unit for suffix, unit in _SUFFIXES if name.endswith(suffix)), "")


def header(table: str, column: str) -> str:
    """Return a column's name with its unit: ``p10 [MW of IT]``."""
    unit = unit_of(table, column)
    return f"{column} [{unit}]" if unit else column


def number_format(table: str, column: str) -> str:
    """Return the format of a sheet's numbers; it changes how they look, not what they are."""
    unit = unit_of(table, column)
    if column in ("year", "hour", "draw"):
        return "0"
    if unit == "fraction":
        return "0.0%"
    if unit.startswith("USD") and "per" not in unit and "/" not in unit and "ratio" not in unit:
        return "#,##0"
    if unit == "degrees":
        return "0.00"
    return "#,##0.00"
