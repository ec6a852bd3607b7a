"""Accelerators, halls and cooling: watts of IT, dense FLOP/s, and costs that add up."""

from __future__ import annotations

import pytest

from gigaplan import catalogue

CHIPS = catalogue.entries("accelerator")
HALLS = catalogue.entries("hall")


@pytest.mark.parametrize("name", CHIPS)
def test_a_chip_system_is_complete_and_draws_more_than_its_chip(name: str) -> None:
    found = catalogue.accelerator(name)
    assert not [f for f in found.needed_fields() if f not in found.by_field]
    assert found.it_w_per_chip > found.chip_w
    assert found.fp8_dense_tflops >= 1.9 * found.bf16_dense_tflops


@pytest.mark.parametrize("name", CHIPS)
def test_price_per_chip_is_price_per_it_mw_times_watts(name: str) -> None:
    found = catalogue.accelerator(name)
    expected = found.cost_usd_per_it_mw * found.it_w_per_chip / 1e6
    assert found.price_usd_per_chip == pytest.approx(expected, abs=51)  # kept to 100 USD
    assert found.chips_per_it_mw * found.it_w_per_chip == pytest.approx(1e6)


def test_flops_are_dense_and_not_the_sparse_figure_of_twice_as_much() -> None:
    # dense BF16 of vendor datasheets, TFLOP/s per GPU
    for name, dense in (("h100", 989), ("h200", 989), ("b200", 2250), ("gb200", 2500)):
        assert catalogue.accelerator(name).bf16_dense_tflops == dense


def test_a_gw_of_it_on_gb200_costs_what_epoch_says() -> None:
    servers = catalogue.accelerator("gb200").cost_usd_per_it_mw * 1000
    hall = catalogue.hall("hyperscale_ai").cost_usd_per_it_kw * 1e6
    whole = catalogue.figure("finance.compute.capex_usd_per_gw_it")
    assert servers + hall == pytest.approx(whole.value, rel=0.06)  # 38 billion per GW of IT


def test_a_rack_of_72_gb200_draws_132_kw_before_the_network() -> None:
    assert catalogue.accelerator("gb200").it_w_per_chip * 72 / 1.1 == pytest.approx(132e3, rel=1e-3)


@pytest.mark.parametrize("name", HALLS)
def test_the_parts_of_a_hall_add_up_to_its_cost(name: str) -> None:
    found = catalogue.hall(name)
    assert not [f for f in found.needed_fields() if f not in found.by_field]
    parts = (
        found.shell_usd_per_it_kw
        + found.electrical_usd_per_it_kw
        + found.cooling_usd_per_it_kw
        + found.fit_out_usd_per_it_kw
    )
    assert parts == pytest.approx(found.cost_usd_per_it_kw, rel=1e-6)
    assert found.firm_inference_fraction + found.deferrable_batch_fraction < 1


@pytest.mark.parametrize("name", catalogue.entries("cooling"))
def test_a_cooling_design_uses_more_than_its_it_load(name: str) -> None:
    found = catalogue.cooling(name)
    assert found.pue > 1
    assert found.wue_litres_per_it_kwh >= 0


def test_dry_cooling_trades_water_for_power() -> None:
    dry, wet = catalogue.cooling("liquid_dry"), catalogue.cooling("air_evaporative")
    assert dry.wue_litres_per_it_kwh < wet.wue_litres_per_it_kwh
    assert dry.pue > wet.pue
