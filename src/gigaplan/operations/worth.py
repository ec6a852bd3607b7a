"""What a MW more is worth: the difference of two runs on common draws, and load it can carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from gigaplan.core.errors import require
from gigaplan.core.statistics import Estimate, estimate
from gigaplan.operations.assessment import assess
from gigaplan.operations.model import Floats, Storage, Unit
from gigaplan.operations.results import Samples

Addition: TypeAlias = Unit | Storage

ROUNDS = 40
RELATIVE_WIDTH = 1e-4
"""The carried load is sought to this part of what is added."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What one MW more of something changes in a year; fallen is positive.

    Parameters
    ----------
    eue_mwh, lolh_hours : Estimate
        Energy and hours not served that it avoids.
    cost_usd, co2_t, water_m3 : Estimate
        Variable cost, carbon and water that it saves; below nought if it adds some.
    """

    eue_mwh: Estimate
    lolh_hours: Estimate
    cost_usd: Estimate
    co2_t: Estimate
    water_m3: Estimate


@dataclass(frozen=True, slots=True)
class Marginal:
    """A MW more of one kind, in the system as it is and beside a storage.

    Parameters
    ----------
    alone : Worth
    beside_storage : Worth or None
        The same where a given storage stands in both runs.
    """

    alone: Worth
    beside_storage: Worth | None


@dataclass(frozen=True, slots=True)
class CarriedLoad:
    """Effective load-carrying capability.

    Parameters
    ----------
    mw : Estimate
        Flat load that can be added with the addition, at the energy not served of before.
    nameplate_mw : float
    share_fraction : Estimate
        The first over the second.
    eue_mwh : Estimate
        Energy not served before.
    """

    mw: Estimate
    nameplate_mw: float
    share_fraction: Estimate
    eue_mwh: Estimate


def marginal_worth(
    units: Sequence[Unit],
    load_mw: Floats,
    additions: Mapping[str, Addition],
    *,
    storage: Sequence[Storage] = (),
    beside: Storage | None = None,
    **assessed: Any,
) -> dict[str, Marginal]:
    """Return what one MW more of each kind is worth.

    Two runs on common draws, with and without the addition, over its nameplate; with `beside`,
    two more in which that storage stands in the system.

    Parameters
    ----------
    units, load_mw, storage
        The system as it is; see `gigaplan.operations.assess`.
    additions : mapping of str to Unit or Storage
        What is added, each on its own; small beside the system, or the worth is no marginal one.
    beside : Storage, optional
    **assessed
        Further parameters of `gigaplan.operations.assess`, of every run.

    Raises
    ------
    InputError
        As `gigaplan.operations.assess`; or for an addition without MW.
    """

    def run(stores: Sequence[Storage], addition: Addition | None) -> Samples:
        more, also = _with(units, stores, addition)
        found = assess(more, load_mw, storage=also, keep_worst=0, keep_samples=True, **assessed)
        assert found.by_sample is not None
        return found.by_sample

    def worth(stores: Sequence[Storage]) -> dict[str, Worth]:
        before = run(stores, None)
        return {
            name: _worth(before, run(stores, addition), _nameplate(addition))
            for name, addition in additions.items()
        }

    alone = worth(storage)
    both = worth((*storage, beside)) if beside is not None else {}
    return {name: Marginal(alone[name], both.get(name)) for name in additions}


@dataclass(frozen=True, slots=True)
class MarginalLoad:
    """What one MWh more of flat load brings with it.

    Parameters
    ----------
    cost_usd_per_mwh, co2_kg_per_mwh, water_m3_per_mwh : Estimate
        Of what runs, or is bought, for it.
    eue_fraction : Estimate
        MWh not served more for each MWh wanted.
    """

    cost_usd_per_mwh: Estimate
    co2_kg_per_mwh: Estimate
    water_m3_per_mwh: Estimate
    eue_fraction: Estimate


def marginal_load(
    units: Sequence[Unit],
    load_mw: Floats,
    *,
    more_mw: float = 1.0,
    **assessed: Any,
) -> MarginalLoad:
    """Return marginal cost, carbon and water: the difference of two runs on common draws.

    Parameters
    ----------
    units, load_mw
        The system as it is; see `gigaplan.operations.assess`.
    more_mw : float
        Flat load that is added in the second run; small beside the load.
    **assessed
        Further parameters of `gigaplan.operations.assess`, of both runs.
    """
    require(more_mw > 0, f"found {more_mw:g} MW; load above 0 is needed.", field="more_mw")
    load = np.asarray(load_mw, dtype=np.float64)
    runs = []
    for extra in (0.0, more_mw):
        found = assess(units, load + extra, keep_worst=0, keep_samples=True, **assessed)
        assert found.by_sample is not None
        runs.append(found.by_sample)
    before, after = runs
    more_mwh = float((after.load_mwh - before.load_mwh).mean())

    def risen(name: str, factor: float = 1.0) -> Estimate:
        return estimate((getattr(after, name) - getattr(before, name)) * (factor / more_mwh))

    return MarginalLoad(
        cost_usd_per_mwh=risen("cost_usd"),
        co2_kg_per_mwh=risen("co2_t", 1000.0),
        water_m3_per_mwh=risen("water_m3"),
        eue_fraction=risen("eue_mwh"),
    )


def carried_load(
    units: Sequence[Unit],
    load_mw: Floats,
    addition: Addition | Sequence[Addition],
    *,
    storage: Sequence[Storage] = (),
    **assessed: Any,
) -> CarriedLoad:
    """Return the effective load-carrying capability (ELCC) of an addition.

    The flat load that, added together with it, leaves the energy not served as it was; found by
    bisection on common draws. Its standard error is that of the difference in energy not served,
    over the slope there.

    Parameters
    ----------
    units, load_mw, storage
        The system as it is; see `gigaplan.operations.assess`.
    addition : Unit, Storage, or a sequence of them
        Several are added together.
    **assessed
        Further parameters of `gigaplan.operations.assess`.

    Raises
    ------
    InputError
        If the system is never short: then no load tells additions apart.

    References
    ----------
    L. L. Garver, "Effective Load Carrying Capability of Generating Units", IEEE Transactions on
    Power Apparatus and Systems PAS-85 (1966) 910-919.
    """
    added: list[Addition] = [addition] if isinstance(addition, Unit | Storage) else list(addition)
    nameplate = sum(_nameplate(each) for each in added)
    more, stores = list(units), list(storage)
    for each in added:
        more, stores = _with(more, stores, each)
    load = np.asarray(load_mw, dtype=np.float64)
    assessed = {"dispatch": False, **assessed}

    def lost(own: Sequence[Unit], kept: Sequence[Storage], extra_mw: float) -> Floats:
        found = assess(own, load + extra_mw, storage=kept, keep_samples=True, **assessed)
        assert found.by_sample is not None
        return found.by_sample.eue_mwh

    before = lost(units, storage, 0.0)
    require(
        float(before.mean()) > 0.0,
        "the system is never short in these samples; take more samples, or more load.",
        field="load_mw",
    )
    low, high = 0.0, nameplate
    for _ in range(ROUNDS):
        if high - low <= RELATIVE_WIDTH * nameplate:
            break
        middle = (low + high) / 2
        if float(lost(more, stores, middle).mean()) > float(before.mean()):
            high = middle
        else:
            low = middle
    mw = (low + high) / 2
    step = max(0.01 * nameplate, 10 * (high - low))
    slope = float((lost(more, stores, mw + step) - lost(more, stores, mw - step)).mean())
    error = estimate(lost(more, stores, mw) - before).standard_error
    found = Estimate(mw, error * 2 * step / slope if slope > 0 else np.inf)
    return CarriedLoad(found, nameplate, found.scaled(1 / nameplate), estimate(before))


def _nameplate(addition: Addition) -> float:
    mw = addition.power_mw if isinstance(addition, Storage) else float(np.max(addition.capacity_mw))
    require(mw > 0, f"found {mw:g} MW; an addition has MW above 0.", field=addition.name)
    return mw


def _with(
    units: Sequence[Unit], storage: Sequence[Storage], addition: Addition | None
) -> tuple[list[Unit], list[Storage]]:
    """Return units and storages with an addition, under a name that is not taken."""
    more, stores = list(units), list(storage)
    if addition is None:
        return more, stores
    taken = {unit.name for unit in more} | {store.name for store in stores}
    name = addition.name
    while name in taken:
        name += " (added)"
    if isinstance(addition, Storage):
        stores.append(replace(addition, name=name))
    else:
        more.append(replace(addition, name=name, source=addition.source or addition.name))
    return more, stores


def _worth(before: Samples, after: Samples, nameplate_mw: float) -> Worth:
    def fallen(name: str) -> Estimate:
        return estimate((getattr(before, name) - getattr(after, name)) / nameplate_mw)

    return Worth(
        eue_mwh=fallen("eue_mwh"),
        lolh_hours=fallen("lolh_hours"),
        cost_usd=fallen("cost_usd"),
        co2_t=fallen("co2_t"),
        water_m3=fallen("water_m3"),
    )
