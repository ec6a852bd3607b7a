"""How far wind, solar, a battery and flexible work cover a load, for many designs at once.

The question of Carbon Explorer (B. Acun et al., "Carbon Explorer: a holistic framework for
designing carbon aware datacenters", ASPLOS 2023), answered from its definitions: coverage is the
share of the load's energy that wind, solar and battery meet in the hour in which it is used.
Wind and solar serve the load first; the battery takes what is over and gives what lacks, with no
look ahead; what still lacks comes from the grid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem, require
from gigaplan.core.timeline import HOURS_PER_YEAR
from gigaplan.operations.series import hourly
from gigaplan.operations.sizing import _kernels as kernels
from gigaplan.operations.sizing.battery import LithiumBattery
from gigaplan.operations.sizing.carbon import EmbodiedCarbon

Floats = NDArray[np.float64]
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class FlexibleWork:
    """Work that may move to other hours of its day.

    Parameters
    ----------
    share_fraction : float
        Most of an hour's load that may move away.
    most_load_mw : float
        Most load in an hour that work moves to.
    """

    share_fraction: float
    most_load_mw: float

    def __post_init__(self) -> None:
        require(
            0 <= self.share_fraction <= 1,
            f"found {self.share_fraction:g}; a fraction from 0 to 1 is needed.",
            field="flexible.share_fraction",
        )
        require(
            self.most_load_mw >= 0,
            f"found {self.most_load_mw:g}; MW of at least 0 are needed.",
            field="flexible.most_load_mw",
        )


@dataclass(frozen=True)
class Sizing:
    """What each design comes to, over all hours given; every array is [design].

    Parameters
    ----------
    wind_mw, solar_mw, battery_mwh : ndarray
        The designs.
    hours : int
    coverage_fraction : ndarray
        Share of the load's energy met by wind, solar and battery in its hour.
    short_mwh, most_short_mw : ndarray
        What the grid gives, in all and at most in an hour.
    spill_mwh : ndarray
        Wind and solar that neither load nor battery take.
    charged_mwh, discharged_mwh : ndarray
        Of the battery, at the busbar.
    cycles : ndarray
        MWh discharged over the battery's capacity; 0 without one.
    moved_mwh, most_load_mw : ndarray
        Work moved to other hours, and the greatest load after that.
    operational_t, embodied_t : ndarray
        CO2 of the grid's energy, and the share of making the design that falls to these hours.
    """

    wind_mw: Floats
    solar_mw: Floats
    battery_mwh: Floats
    hours: int
    coverage_fraction: Floats
    short_mwh: Floats
    most_short_mw: Floats
    spill_mwh: Floats
    charged_mwh: Floats
    discharged_mwh: Floats
    cycles: Floats
    moved_mwh: Floats
    most_load_mw: Floats
    operational_t: Floats
    embodied_t: Floats

    @property
    def carbon_t(self) -> Floats:
        """Operational and embodied CO2 together, [design]."""
        return self.operational_t + self.embodied_t

    def frontier(self) -> NDArray[np.int64]:
        """Return the designs that no other beats in both embodied CO2 and coverage.

        In the order of rising embodied CO2; of equal designs the first.
        """
        order = np.lexsort((-self.coverage_fraction, self.embodied_t))
        best = np.maximum.accumulate(np.concatenate([[-1.0], self.coverage_fraction[order]]))
        return order[self.coverage_fraction[order] > best[:-1]]


def designs(
    wind_mw: Sequence[float] | Floats,
    solar_mw: Sequence[float] | Floats,
    battery_mwh: Sequence[float] | Floats,
) -> Floats:
    """Return every combination of sizes, shape [design, 3], the battery changing fastest."""
    grid = np.meshgrid(wind_mw, solar_mw, battery_mwh, indexing="ij")
    return np.stack([axis.ravel() for axis in grid], axis=1).astype(np.float64)


def sweep(
    load_mw: Floats,
    wind_fraction: Floats,
    solar_fraction: Floats,
    design: Floats,
    *,
    battery: LithiumBattery | None = None,
    flexible: FlexibleWork | None = None,
    grid_kg_per_mwh: float | Floats = 0.0,
    embodied: EmbodiedCarbon | None = None,
    threads: int = 1,
    progress: Callable[[float], None] = lambda share: None,
) -> Sizing:
    """Run many designs through the same hours.

    Parameters
    ----------
    load_mw, wind_fraction, solar_fraction : ndarray [hour]
        Load, and output over capacity. The first hour begins a day.
    design : ndarray [design, 3]
        Wind MW, solar MW and battery MWh; see `designs`.
    battery : LithiumBattery, optional
        How a battery behaves; its defaults if left out.
    flexible : FlexibleWork, optional
        None: no work moves.
    grid_kg_per_mwh : float or ndarray [hour]
        CO2 of the grid's energy.
    embodied : EmbodiedCarbon, optional
        Its defaults if left out.
    threads : int
        Results do not depend on it.
    progress : callable
        Called with the share of the designs that is done.

    Raises
    ------
    InputError
        For an hour without a number (its position is named) or below 0, a load of nought, and
        designs that are not three sizes of at least 0.
    """
    require(threads >= 1, f"found {threads}; at least one thread is needed.", field="threads")
    require(np.ndim(load_mw) == 1 and len(load_mw) > 0, "one load per hour is needed.")
    hours = len(load_mw)
    load = _series(load_mw, hours, "load_mw")
    wind = _series(wind_fraction, hours, "wind_fraction")
    solar = _series(solar_fraction, hours, "solar_fraction")
    kg = _series(grid_kg_per_mwh, hours, "grid_kg_per_mwh")
    require(load.sum() > 0, "the load is 0 in every hour; nothing is to be covered.")
    sizes = _sizes(design)
    cell, move = battery or LithiumBattery(), flexible or FlexibleWork(0.0, 0.0)
    out = np.empty((kernels.RESULTS, len(sizes)))
    spans = [(at, min(at + _AT_ONCE, len(sizes))) for at in range(0, len(sizes), _AT_ONCE)]

    def run(span: tuple[int, int]) -> None:
        kernels.sweep_designs(
            load,
            wind,
            solar,
            kg,
            sizes,
            _columns(cell),
            move.share_fraction,
            move.most_load_mw,
            *span,
            out,
        )

    with ThreadPoolExecutor(threads) as pool:
        for (_, last), _ in zip(spans, pool.map(run, spans), strict=True):
            progress(last / len(sizes))
    return _sizing(sizes, load, wind, solar, out, embodied or EmbodiedCarbon())


def _series(value: float | Floats, hours: int, name: str) -> Floats:
    array: Floats = hourly(value, hours, name)[0]
    low = int(array.argmin())
    require(
        array[low] >= 0,
        f"hour {low} (counted from 0) holds {array[low]:g}; at least 0 is needed.",
        field=name,
    )
    return array


def _sizes(design: Floats) -> Floats:
    sizes = np.ascontiguousarray(design, np.float64)
    require(
        sizes.ndim == 2 and sizes.shape[1] == 3 and len(sizes) > 0,
        f"found shape {list(sizes.shape)}; [design, 3] is needed: wind MW, solar MW, battery MWh.",
        field="design",
    )
    wrong = np.argwhere(~(np.isfinite(sizes) & (sizes >= 0)))
    if len(wrong):
        row, column = wrong[0]
        raise InputError(
            Problem(
                f"design {row} holds {sizes[row, column]:g}; sizes of at least 0 are needed.",
                field="design",
            )
        )
    return sizes


def _columns(cell: LithiumBattery) -> Floats:
    """Return a battery's figures in the order of the kernels' columns."""
    return np.array(
        [
            cell.charge_efficiency,
            1 / cell.discharge_efficiency,
            cell.taper_charge_hours,
            cell.taper_discharge_hours,
            cell.charge_rate_per_hour / cell.charge_efficiency,
            cell.discharge_rate_per_hour * cell.discharge_efficiency,
            cell.initial_fraction,
        ]
    )


def _sizing(
    sizes: Floats, load: Floats, wind: Floats, solar: Floats, out: Floats, carbon: EmbodiedCarbon
) -> Sizing:
    wind_mw, solar_mw, battery_mwh = sizes.T
    years = len(load) / HOURS_PER_YEAR
    short, given = out[kernels.SHORT_MWH], out[kernels.GIVEN_MWH]
    servers_mw = np.maximum(out[kernels.PEAK_LOAD_MW] - load.max(), 0.0)
    embodied_t = (
        wind_mw * wind.sum() * carbon.wind_kg_per_mwh / 1000
        + solar_mw * solar.sum() * carbon.solar_kg_per_mwh / 1000
        + battery_mwh * carbon.battery_kg_per_kwh * years / carbon.battery_life_years
        + servers_mw * carbon.server_t_per_mw_year * years
    )
    cycles = np.divide(given, battery_mwh, out=np.zeros_like(given), where=battery_mwh > 0)
    return Sizing(
        wind_mw=wind_mw,
        solar_mw=solar_mw,
        battery_mwh=battery_mwh,
        hours=len(load),
        coverage_fraction=np.clip(1 - short / load.sum(), 0.0, 1.0),
        short_mwh=short,
        most_short_mw=out[kernels.PEAK_SHORT_MW],
        spill_mwh=out[kernels.SPILL_MWH],
        charged_mwh=out[kernels.CHARGED_MWH],
        discharged_mwh=given,
        cycles=cycles,
        moved_mwh=out[kernels.MOVED_MWH],
        most_load_mw=out[kernels.PEAK_LOAD_MW],
        operational_t=out[kernels.SHORT_KG] / 1000,
        embodied_t=embodied_t,
    )
