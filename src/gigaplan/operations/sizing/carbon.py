"""Carbon of a design: what making it emits, shared over its years, and what the grid emits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gigaplan.core.errors import require


@dataclass(frozen=True, slots=True)
class EmbodiedCarbon:
    """What making things emits.

    Parameters
    ----------
    wind_kg_per_mwh, solar_kg_per_mwh : float
        Of each MWh generated, used or not, over the plant's life. Harmonised medians of NREL's
        review of life-cycle studies (Life Cycle Assessment Harmonization Project, J. Ind. Ecol. 16
        (2012) S1): wind 11, photovoltaics 40 g CO2e/kWh.
    battery_kg_per_kwh : float
        Of each kWh of capacity. The middle of the 61 to 106 kg CO2e/kWh of E. Emilsson and
        L. Dahllöf, "Lithium-ion vehicle battery production", IVL report C 444 (2019).
    battery_life_years : float
        Years over which a battery's is shared. Assumed.
    server_t_per_mw_year : float
        Of servers beyond those that the load needs without moving work, per IT MW and year; 0
        leaves them out.
    """

    wind_kg_per_mwh: float = 11.0
    solar_kg_per_mwh: float = 40.0
    battery_kg_per_kwh: float = 83.5
    battery_life_years: float = 15.0
    server_t_per_mw_year: float = 0.0

    def __post_init__(self) -> None:
        for key in (
            "wind_kg_per_mwh",
            "solar_kg_per_mwh",
            "battery_kg_per_kwh",
            "server_t_per_mw_year",
        ):
            value = getattr(self, key)
            require(
                0 <= value < math.inf,
                f"found {value:g}; a finite number of at least 0 is needed.",
                field=f"embodied.{key}",
            )
        require(
            0 < self.battery_life_years < math.inf,
            f"found {self.battery_life_years:g}; years above 0 are needed.",
            field="embodied.battery_life_years",
        )
