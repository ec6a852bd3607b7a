"""A programme's figures on one of its price paths: all gas and power prices low, as given, or high.

A price without a stated range stays as it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gigaplan.programme.resolved import FigureUse, ResolvedProgramme
from gigaplan.study.two_stage.futures import PATHS
from gigaplan.weather.model import Series

GAS = "gas"


def on_path(
    programme: ResolvedProgramme, series: Series, path: int
) -> tuple[ResolvedProgramme, Series]:
    """Return programme and series with prices on a path, its position in `PATHS`."""
    figures = {figure.field: figure for figure in programme.figures}
    years = programme.years
    gas = {
        name: np.array(
            [_factor(figures.get(f"zones.{name}.gas_price_usd_per_mmbtu.{y}"), path) for y in years]
        )
        for name in programme.zones
    }
    power = {
        name: _factor(figures.get(f"zones.{name}.power_price_usd_per_mwh"), path)
        for name in programme.zones
    }
    zones = {
        name: replace(
            zone,
            power_price_usd_per_mwh=zone.power_price_usd_per_mwh * power[name],
            gas_price_usd_per_mmbtu=_times(zone.gas_price_usd_per_mmbtu, gas[name]),
        )
        for name, zone in programme.zones.items()
    }
    projects = {
        name: replace(
            project, fuel_usd_per_mmbtu=_times(project.fuel_usd_per_mmbtu, gas[project.zone])
        )
        if project.fuel == GAS and project.fuel_usd_per_mmbtu
        else project
        for name, project in programme.power.items()
    }
    markets = {
        name: replace(zone, price_usd_per_mwh=zone.price_usd_per_mwh * power[name])
        for name, zone in series.zones.items()
    }
    return replace(programme, zones=zones, power=projects), replace(series, zones=markets)


def _times(values: tuple[float, ...], factors: np.ndarray) -> tuple[float, ...]:
    return tuple(float(v * f) for v, f in zip(values, factors, strict=True))


def _factor(figure: FigureUse | None, path: int) -> float:
    """Return the low or high of a figure over its value."""
    if figure is None or figure.value <= 0:
        return 1.0
    end = {"low": figure.low, "value": figure.value, "high": figure.high}[PATHS[path]]
    return 1.0 if end is None else end / figure.value
