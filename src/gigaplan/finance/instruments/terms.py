"""What an instrument's terms may be."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem
from gigaplan.finance.instruments.effects import Scheduled

Found = list[tuple[str, str]]

LIMITS = (
    ("rate_fraction", 0.0, 1.0),
    ("debt_rate_fraction", 0.0, 1.0),
    ("equity_return_fraction", 0.0, 1.0),
    ("tenor_months", 1, 1200),
    ("lease_months", 1, 1200),
    ("max_usd_total", 0.0, np.inf),
    ("max_usd_per_year", 0.0, np.inf),
    ("max_usd", 0.0, np.inf),
    ("fee_fraction", 0.0, 0.99),
    ("share_fraction", 0.0, 1.0),
    ("equity_fraction", 0.0, 1.0),
    ("company_share_fraction", 0.0, 1.0),
    ("exit_value_fraction", 0.0, np.inf),
    ("upfront_distribution_usd", 0.0, np.inf),
    ("closing_month", 0, np.inf),
    ("first_month", 0, np.inf),
    ("lease_start_month", 0, np.inf),
    ("residual_guarantee_months", 0, np.inf),
    ("residual_fraction", 0.0, 1.0),
    ("discount_fraction", 0.0, 0.99),
    ("promote_fraction", 0.0, 1.0),
    ("asset_life_months", 1, 1200),
    ("maximum_fraction", 0.0, 1.0),
    ("reserve_months", 0, np.inf),
    ("before_fraction", 0.0, 1.0),
    ("cash_fraction", 0.0, 1.0),
    ("after_fraction", 0.0, 1.0),
    ("investor_tax_fraction", 0.0, 1.0),
)
"""Terms that several instruments have, with the least and most of each."""


def array_problems(name: str, values: NDArray[np.float64], shape: tuple[int, ...]) -> Found:
    """Return what is wrong with a series that must be of a shape, finite and not below nought."""
    if values.shape != shape:
        return [(name, f"is of shape {values.shape}; {shape} is needed.")]
    if not np.isfinite(values).all() or (values < 0).any():
        return [(name, "holds a number that is not finite or below 0.")]
    return []


def asset_problems(
    asset: str,
    assets: tuple[str, ...],
    capital: NDArray[np.float64],
    service: NDArray[np.int64],
    shape: tuple[int, int],
) -> Found:
    """Return what of an instrument's capital does not fit the programme's."""
    found: Found = []
    if asset not in assets:
        found.append(
            ("asset", f"there is no capital of class '{asset}'; there is {', '.join(assets)}.")
        )
    found += array_problems("capital_usd", capital, shape)
    if service.shape != shape[1:]:
        found.append(("service_month", f"is of shape {service.shape}; {shape[1:]} is needed."))
    return found


def check_instruments(
    instruments: tuple[object, ...], assets: Collection[str], shape: tuple[int, int]
) -> None:
    """Raise `InputError` with every term of every instrument that cannot be.

    Parameters
    ----------
    instruments : tuple of Instrument
        What is checked.
    assets : collection of str
        Asset classes there are.
    shape : tuple of int
        Months and draws.
    """
    problems: list[Problem] = []
    names = [str(getattr(instrument, "name", "")) for instrument in instruments]
    problems += [
        Problem(f"two instruments are named '{name}'.", field=name)
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    for name, item in zip(names, instruments, strict=True):
        for term, low, high in LIMITS:
            value = getattr(item, term, None)
            if value is not None and not low <= value <= high:
                allowed = f"{low:g} to {high:g}" if np.isfinite(high) else f"at least {low:g}"
                problems.append(
                    Problem(f"found {value:g}; allowed is {allowed}.", field=f"{name}.{term}")
                )
        if isinstance(item, Scheduled):
            problems += [
                Problem(message, field=f"{name}.{field}")
                for field, message in item.problems(tuple(assets), shape)
            ]
    if problems:
        raise InputError(problems)
