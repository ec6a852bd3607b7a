"""What an assessment answers; every sampled figure carries its standard error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.statistics import Estimate

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trace:
    """One sample hour by hour, MW (MWh in an hour) unless said otherwise.

    In every hour: sum of `source_mw` + import + discharge + shed
    = load + made up + charge + export + spill.

    Parameters
    ----------
    sample : int
        Number of the sample.
    first_hour : int
        Hour of the year of the first entry.
    load_mw, shed_mw, made_up_mw, import_mw, export_mw : ndarray [hour]
    charge_mw, discharge_mw, spill_mw, sold_mw : ndarray [hour]
        `spill_mw` is must-run output that nothing could take; `sold_mw` what remote
        units sold, which is not part of the balance.
    available_mw : ndarray [hour]
        Units and grid connection that could run, without storage.
    clean_mw : ndarray [hour]
        Clean energy matched with served load.
    price_usd_per_mwh : ndarray [hour]
        Cost of the last MW that served the load; value of the tier shed if short.
    source_mw, charge_state_mwh, tier_shed_mw : mapping of str to ndarray [hour]
        By source, storage (at the hour's end) and tier.
    """

    sample: int
    first_hour: int
    load_mw: Floats
    shed_mw: Floats
    made_up_mw: Floats
    import_mw: Floats
    export_mw: Floats
    charge_mw: Floats
    discharge_mw: Floats
    spill_mw: Floats
    sold_mw: Floats
    available_mw: Floats
    clean_mw: Floats
    price_usd_per_mwh: Floats
    source_mw: Mapping[str, Floats]
    charge_state_mwh: Mapping[str, Floats]
    tier_shed_mw: Mapping[str, Floats]

    def __len__(self) -> int:
        return int(self.load_mw.size)

    def window(self, first: int, end: int) -> Trace:
        """Return the hours from `first` and before `end` (counted in this trace)."""
        part = slice(max(first, 0), end)
        values: dict[str, object] = {}
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                values[name] = value[part].copy()
            elif isinstance(value, Mapping):
                values[name] = {key: array[part].copy() for key, array in value.items()}
            else:
                values[name] = value
        values["first_hour"] = self.first_hour + max(first, 0)
        return Trace(**values)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Event:
    """Hours in a row that were short.

    Parameters
    ----------
    sample, first_hour, hours : int
    shed_mwh, peak_mw : float
    """

    sample: int
    first_hour: int
    hours: int
    shed_mwh: float
    peak_mw: float


@dataclass(frozen=True, slots=True)
class SourceResult:
    """One source over the year.

    Parameters
    ----------
    name : str
    energy_mwh : Estimate
        Used by the load, storage and export of the site, or spilled.
    sold_mwh : Estimate
        Sold elsewhere by remote units.
    cost_usd, co2_t, water_m3 : Estimate
        Of all it made.
    clean : bool
    """

    name: str
    energy_mwh: Estimate
    sold_mwh: Estimate
    cost_usd: Estimate
    co2_t: Estimate
    water_m3: Estimate
    clean: bool


@dataclass(frozen=True, slots=True)
class StorageResult:
    """One storage over the year: MWh in and out at the busbar."""

    name: str
    charged_mwh: Estimate
    discharged_mwh: Estimate


@dataclass(frozen=True, slots=True)
class TierResult:
    """One load tier over the year.

    Parameters
    ----------
    name : str
    shed_mwh : Estimate
        Facility MWh not served in their hour.
    hours : Estimate
        Hours with some of it shed.
    made_up_mwh : Estimate
        Facility MWh of it served later in the day.
    wanted_it_mwh : Estimate
        IT MWh the tier asked for.
    lost_it_mwh : Estimate
        IT MWh of work lost: shed, less made up, plus restarts, and to load outages.
    served_share : Estimate
        1 - lost / wanted.
    """

    name: str
    shed_mwh: Estimate
    hours: Estimate
    made_up_mwh: Estimate
    wanted_it_mwh: Estimate
    lost_it_mwh: Estimate
    served_share: Estimate


@dataclass(frozen=True, slots=True)
class MonthResult:
    """One month of the year.

    Parameters
    ----------
    month : int
        From 1.
    load_mwh, served_mwh, eue_mwh : Estimate
    clean_share_hourly : Estimate
        Sum over the month's hours of min(clean, served) over served load.
    clean_share_monthly : Estimate
        Clean energy of the month, as in `Energy.clean_share_annual`, over served load, at most 1.
    co2_t, water_m3 : Estimate
    """

    month: int
    load_mwh: Estimate
    served_mwh: Estimate
    eue_mwh: Estimate
    clean_share_hourly: Estimate
    clean_share_monthly: Estimate
    co2_t: Estimate
    water_m3: Estimate


@dataclass(frozen=True)
class Samples:
    """The year's figures sample by sample, each [sample]; given when asked for.

    Parameters
    ----------
    lolh_hours, eue_mwh, load_mwh, served_mwh, cost_usd, co2_t, water_m3 : ndarray [sample]
        `cost_usd` is variable cost and imports less what exports and sales earned.
    import_mwh, import_usd, import_co2_t, export_usd, sold_usd : ndarray [sample]
    clean_matched_mwh, clean_made_mwh : ndarray [sample]
        What the hourly and the annual clean share divide by `served_mwh`.
    source_mwh, sold_mwh : mapping of str to ndarray [sample]
    wanted_it_mwh, lost_it_mwh : mapping of str to ndarray [sample]
        By tier.
    by_month : ndarray [figure, month, sample]
        Load, served load and load not served (MWh), clean energy matched and made (MWh), CO2 (kg)
        and water (m3); no months if the hours are not 8,760, or only capacity was compared.
    """

    lolh_hours: Floats
    eue_mwh: Floats
    load_mwh: Floats
    served_mwh: Floats
    cost_usd: Floats
    co2_t: Floats
    water_m3: Floats
    import_mwh: Floats
    import_usd: Floats
    import_co2_t: Floats
    export_usd: Floats
    sold_usd: Floats
    clean_matched_mwh: Floats
    clean_made_mwh: Floats
    source_mwh: Mapping[str, Floats]
    sold_mwh: Mapping[str, Floats]
    wanted_it_mwh: Mapping[str, Floats]
    lost_it_mwh: Mapping[str, Floats]
    by_month: Floats


@dataclass(frozen=True)
class Energy:
    """What an assessment with dispatch adds.

    Parameters
    ----------
    sources, storage : tuple
        By source (in merit order) and storage.
    served_mwh, import_mwh, import_usd, export_mwh, export_usd : Estimate
    spill_mwh, sold_usd : Estimate
        Must-run output that nothing could take; what remote units' sales earned.
    cost_usd : Estimate
        Variable cost and imports less what exports and sales earned; lost load is apart.
    lost_load_usd : Estimate
    co2_t : Estimate
        Of the units and of imported energy.
    co2_kg_per_mwh : Estimate
        Of the average MWh served; of one MWh more, see `worth.marginal_load`.
    water_m3, cooling_water_m3 : Estimate
        Of the units and the cooling; the part of the cooling.
    fuel_mmbtu : mapping of str to Estimate
        Burnt, by fuel supply.
    marginal_price_usd_per_mwh : Estimate
        Mean over hours of the cost of the last MW.
    clean_share_hourly : Estimate
        Sum over hours of min(clean, served) over served load.
    clean_share_annual : Estimate
        Clean energy of the year (sold too), with the clean part of what is bought less what is
        sold, over served load, at most 1.
    by_month : tuple of MonthResult
        Empty if the hours are not 8,760.
    """

    sources: tuple[SourceResult, ...]
    storage: tuple[StorageResult, ...]
    served_mwh: Estimate
    import_mwh: Estimate
    import_usd: Estimate
    export_mwh: Estimate
    export_usd: Estimate
    spill_mwh: Estimate
    sold_usd: Estimate
    cost_usd: Estimate
    lost_load_usd: Estimate
    co2_t: Estimate
    co2_kg_per_mwh: Estimate
    water_m3: Estimate
    cooling_water_m3: Estimate
    fuel_mmbtu: Mapping[str, Estimate]
    marginal_price_usd_per_mwh: Estimate
    clean_share_hourly: Estimate
    clean_share_annual: Estimate
    by_month: tuple[MonthResult, ...]


@dataclass(frozen=True)
class Adequacy:
    """Is the power there: answers of one system over many sampled years.

    Parameters
    ----------
    samples, hours : int
        Sampled years and hours of each.
    lole_days : Estimate
        Days per year that are short in the hour of the day's greatest load (the
        first of equals), days counted from hour 0: the classical index.
    days_short : Estimate
        Days per year with any hour short.
    lolh_hours : Estimate
        Hours per year in which load exceeds what is available.
    eue_mwh : Estimate
        Load per year not served in its hour, all tiers, before anything is made up.
    neue_fraction : Estimate
        `eue_mwh` over load.
    eue_worst_mwh : Estimate
        Mean `eue_mwh` of the worst twentieth of years: conditional value at risk at 95%.
    events_per_year, event_hours : Estimate
        Frequency, and mean length, of hours short in a row.
    peak_short_mw : float
        Deepest shortage of any sample.
    load_mwh : Estimate
    lolp_by_hour, eue_by_hour_mwh : ndarray [hour]
        Share of samples short, and mean MWh short, in each hour of the year.
    campus_lost_it_mwh : Estimate
        IT MWh lost to load outages; part of what the tiers lose.
    tiers : tuple of TierResult
        The first shed first.
    energy : Energy or None
        None if only capacity was compared.
    worst : tuple of Trace
        The samples with most MWh shed, worst first, whole years; empty if none was short.
    dispatch_week : Trace or None
        168 hours that resemble the mean year most.
    by_sample : Samples or None
    """

    samples: int
    hours: int
    lole_days: Estimate
    days_short: Estimate
    lolh_hours: Estimate
    eue_mwh: Estimate
    neue_fraction: Estimate
    eue_worst_mwh: Estimate
    events_per_year: Estimate
    event_hours: Estimate
    peak_short_mw: float
    load_mwh: Estimate
    lolp_by_hour: Floats
    eue_by_hour_mwh: Floats
    campus_lost_it_mwh: Estimate
    tiers: tuple[TierResult, ...]
    energy: Energy | None
    worst: tuple[Trace, ...]
    dispatch_week: Trace | None
    by_sample: Samples | None

    def __str__(self) -> str:
        return (
            f"{self.samples} samples of {self.hours} h: LOLE {self.lole_days} d, "
            f"LOLH {self.lolh_hours} h, EUE {self.eue_mwh} MWh"
        )
