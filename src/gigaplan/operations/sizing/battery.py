"""A lithium-ion battery whose limits depend on the power it takes or gives."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gigaplan.core.errors import require


@dataclass(frozen=True, slots=True)
class LithiumBattery:
    """The C/L/C model: constant efficiency, limits of content linear in power, constant rates.

    Charging at p MW for t hours puts ``charge_efficiency p t`` inside, discharging takes
    ``p t / discharge_efficiency`` out. What is inside may end no higher than
    ``capacity - taper_charge_hours p`` after charging, no lower than ``taper_discharge_hours p``
    after discharging: near full and near empty it takes and gives ever less.

    Parameters
    ----------
    charge_efficiency, discharge_efficiency : float
        Inverter included.
    taper_charge_hours, taper_discharge_hours : float
        MWh that stay out of reach per MW, at each end.
    charge_rate_per_hour, discharge_rate_per_hour : float
        Most MW inside per MWh of capacity.
    initial_fraction : float
        What is inside at first.

    Notes
    -----
    The defaults are a lithium cell with its inverter as Carbon Explorer (Acun et al., ASPLOS 2023)
    takes it. Power is constant within a minute, and set anew in each.

    References
    ----------
    F. Kazhamiaka, C. Rosenberg, S. Keshav, "Tractable lithium-ion storage models for optimizing
    energy systems", Energy Informatics 2 (2019) 4.
    """

    charge_efficiency: float = 0.97
    discharge_efficiency: float = 1 / 1.04
    taper_charge_hours: float = 0.04
    taper_discharge_hours: float = 0.01
    charge_rate_per_hour: float = 3.0
    discharge_rate_per_hour: float = 3.0
    initial_fraction: float = 1.0

    def __post_init__(self) -> None:
        for key in ("charge_efficiency", "discharge_efficiency"):
            value = getattr(self, key)
            require(
                0 < value <= 1,
                f"found {value:g}; an efficiency is above 0 and at most 1.",
                field=f"battery.{key}",
            )
        for key in ("taper_charge_hours", "taper_discharge_hours"):
            value = getattr(self, key)
            require(
                0 <= value < math.inf,
                f"found {value:g}; hours of at least 0 are needed.",
                field=f"battery.{key}",
            )
        for key in ("charge_rate_per_hour", "discharge_rate_per_hour"):
            value = getattr(self, key)
            require(
                0 < value < math.inf,
                f"found {value:g}; a rate above 0 is needed.",
                field=f"battery.{key}",
            )
        require(
            0 <= self.initial_fraction <= 1,
            f"found {self.initial_fraction:g}; a fraction from 0 to 1 is needed.",
            field="battery.initial_fraction",
        )
