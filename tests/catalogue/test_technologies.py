"""Technologies are complete, and agree with what can be worked out by hand."""

from __future__ import annotations

import pytest

from gigaplan import catalogue
from gigaplan.core.errors import InputError

NAMES = catalogue.entries("technology")
WANTED = {
    "nuclear_large",
    "smr",
    "oklo_aurora",
    "natrium",
    "ccgt",
    "simple_cycle",
    "recip_engine",
    "fuel_cell",
    "solar",
    "wind",
    "battery",
    "geothermal",
    "grid",
    "nuclear_ppa",
    "nuclear_uprate",
    "rented_turbine",
}


def test_the_technologies_of_the_design_are_there() -> None:
    assert set(NAMES) == WANTED


@pytest.mark.parametrize("name", NAMES)
def test_a_technology_has_every_field_that_all_need(name: str) -> None:
    found = catalogue.technology(name)
    missing = [f for f in found.needed_fields() if f not in found.by_field]
    assert not missing
    assert found.title


@pytest.mark.parametrize("name", NAMES)
def test_a_technology_names_a_fuel_a_class_and_a_credit_that_exist(name: str) -> None:
    found = catalogue.technology(name)
    assert found.fuel in ("", *catalogue.entries("fuel"))
    assert found.reference_class in catalogue.entries("reference_class")
    assert found.credit in ("", *catalogue.entries("tax"))
    if found.fuel:
        assert found.heat_rate_mmbtu_per_mwh > 3.412, "an output above its fuel's energy"


@pytest.mark.parametrize("name", NAMES)
def test_every_stage_has_rising_months_and_a_share_of_the_money(name: str) -> None:
    found = catalogue.technology(name)
    if name == "nuclear_ppa":
        assert not found.stages
        return
    assert {"construct", "commission"} <= set(found.stages)
    assert set(found.stages) == set(found.spend_fractions)
    assert sum(found.spend_fractions.values()) == pytest.approx(1, abs=1e-12)
    for figure in found.stages.values():
        assert figure.low is not None
        assert figure.high is not None
        assert 0 <= figure.low < figure.value < figure.high


@pytest.mark.parametrize("name", [n for n in NAMES if catalogue.technology(n).fuel == "gas"])
def test_carbon_of_gas_is_its_heat_rate_times_the_carbon_of_the_fuel(name: str) -> None:
    found = catalogue.technology(name)
    per_mmbtu = catalogue.fuel("gas").co2_kg_per_mmbtu
    expected = found.heat_rate_mmbtu_per_mwh * per_mmbtu
    assert found.co2_kg_per_mwh == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize("name", [n for n in NAMES if catalogue.technology(n).clean])
def test_what_is_clean_has_no_carbon_at_the_stack(name: str) -> None:
    assert catalogue.technology(name).co2_kg_per_mwh == 0


def test_reactors_refuel_and_their_refuelling_is_not_counted_twice() -> None:
    for name in ("nuclear_large", "smr", "oklo_aurora", "natrium", "nuclear_ppa"):
        found = catalogue.technology(name)
        cycle, days = found.refuelling_cycle_months, found.refuelling_days
        assert cycle is not None
        assert days is not None
        in_refuelling = days / (cycle * 365.25 / 12)
        assert found.planned_outage_fraction + in_refuelling < 0.07, "ReEDS plans 0.06 in all"


def test_the_us_fleet_capacity_factor_follows_from_the_outages_of_a_large_reactor() -> None:
    found = catalogue.technology("nuclear_large")
    cycle, days = found.refuelling_cycle_months, found.refuelling_days
    assert cycle is not None
    assert days is not None
    available = (1 - days / (cycle * 365.25 / 12)) * (1 - found.forced_outage_fraction)
    assert available == pytest.approx(0.923, abs=0.02)  # EIA, US fleet 2024


def test_natrium_lifts_345_mw_to_500_for_five_and_a_half_hours() -> None:
    found = catalogue.technology("natrium")
    assert found.unit_mw == 345
    assert found.boost_mw == 155
    assert found.storage_hours is not None
    assert found.storage_hours * 345 / 155 == pytest.approx(5.5, abs=1e-3)
    assert found.overnight_usd_per_kw * 345e3 == pytest.approx(4.0e9, rel=1e-4)


def test_sixteen_oklo_units_make_the_announced_campus_at_350_to_400_million_each() -> None:
    found = catalogue.technology("oklo_aurora")
    assert found.unit_mw == 75
    assert 16 * found.unit_mw == 1200
    figure = found.figure("overnight_usd_per_kw")
    assert figure.value * 75e3 == 375e6
    assert figure.low is not None
    assert figure.low * 75e3 == pytest.approx(350e6, rel=1e-3)


def test_an_estimate_times_its_reference_class_covers_vogtle() -> None:
    moderate = catalogue.technology("nuclear_large").figure("overnight_usd_per_kw").low
    assert moderate is not None
    mean = catalogue.reference_class("nuclear").mean
    assert 10000 <= moderate * mean <= 13000  # Vogtle 3 and 4 as realised, about 11,000


@pytest.mark.parametrize("name", NAMES)
def test_later_units_are_in_the_same_dollars_as_the_first_and_cost_no_more(name: str) -> None:
    found = catalogue.technology(name)
    if found.nth_overnight_usd_per_kw is not None:
        first = found.figure("overnight_usd_per_kw")
        later = found.figure("nth_overnight_usd_per_kw")
        assert first.base_year == later.base_year
        assert later.value <= first.value


def test_a_battery_of_four_hours_costs_what_atb_says() -> None:
    found = catalogue.technology("battery")
    energy = found.energy_usd_per_kwh
    assert energy is not None
    to_2024 = catalogue.price_index().factor(2022, 2024)
    total = (found.overnight_usd_per_kw + 4 * energy) * to_2024
    # PyPSA's US file, 4 h, vintage 2030, 1,562 USD/kW, holds about 9% of finance and extras
    assert total == pytest.approx(1562.1 / 1.09, rel=0.05)


def test_an_unknown_technology_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match="Did you mean 'natrium'"):
        catalogue.technology("natriun")


def test_reading_a_field_that_the_entry_lacks_says_what_it_has() -> None:
    with pytest.raises(InputError, match="has no figure 'boost_mw'"):
        catalogue.technology("ccgt").figure("boost_mw")
    assert catalogue.technology("ccgt").boost_mw is None
