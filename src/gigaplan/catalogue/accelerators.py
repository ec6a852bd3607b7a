"""Accelerator generations: dense FLOP/s, watts, price, ship date, life."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from gigaplan.catalogue.entry import Maybe, Needed, TypedEntry


@dataclass(frozen=True)
class Accelerator(TypedEntry):
    """A chip system. FLOP/s are dense; watts and USD per chip hold server and network.

    ``it_w_per_chip`` is IT power, before cooling and losses: divide facility MW
    by PUE before using it.
    """

    of_kind: ClassVar[str] = "accelerator"

    bf16_dense_tflops = Needed()
    fp8_dense_tflops = Needed()
    memory_gb = Maybe()
    chip_w = Needed()
    it_w_per_chip = Needed()
    cost_usd_per_it_mw = Needed()
    price_usd_per_chip = Needed()
    price_change_fraction = Needed()
    ship_year = Needed()
    life_years = Needed()
    delivery_months = Needed()
    annual_failure_fraction = Needed()

    @property
    def chips_per_it_mw(self) -> float:
        """Chips that 1 MW of IT power feeds."""
        return 1e6 / self.it_w_per_chip

    @property
    def bf16_flops_per_it_mw(self) -> float:
        """Dense BF16 FLOP/s per MW of IT power."""
        return self.chips_per_it_mw * self.bf16_dense_tflops * 1e12


@cache
def accelerator(name: str) -> Accelerator:
    """Return an accelerator generation.

    Raises
    ------
    InputError
        If there is none of this name; the hint names the nearest.
    """
    return Accelerator.named(name)
