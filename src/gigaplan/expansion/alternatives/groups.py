"""What a planner asks about: capacity of a technology, of a site, of connections, of storage.

Options carry no technology. Where their names hold that of their place ("s3 solar", "Ohio
reactor"), what is left of the name is taken for it; other options are groups of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from gigaplan.core.errors import InputError, Problem, nearest, require
from gigaplan.expansion.assembly import Key
from gigaplan.expansion.assets import Asset, Assets
from gigaplan.expansion.model import ExpansionProblem

Unit: TypeAlias = Literal["MW", "MWh", "IT MW"]

_UNITS: dict[str, Unit] = {"storage energy": "MWh", "phase": "IT MW", "chip": "IT MW"}
_EDGES = " _-/:,."


@dataclass(frozen=True)
class Group:
    """Things whose capacity is added up.

    Parameters
    ----------
    name : str
    assets : tuple of tuple
        ``("supply", name)``, ``("storage", name)``, ``("storage energy", name)``,
        ``("connection", name)``, ``("phase", campus, phase)`` or ``("chip", campus, generation)``.
    """

    name: str
    assets: tuple[Key, ...]

    @property
    def unit(self) -> Unit:
        """Return what its capacity is counted in."""
        return _UNITS.get(str(self.assets[0][0]), "MW")


def default_groups(problem: ExpansionProblem, assets: Assets) -> tuple[Group, ...]:
    """Return each technology, storage, all connections, and each site's supply and halls.

    Sites are groups of their own where there are several. What cannot be built is left out.
    """
    names = [site.name for site in problem.sites] + [zone.name for zone in problem.zones]
    found: dict[str, list[Key]] = defaultdict(list)
    for kind in (assets.supply, assets.power, assets.energy):
        for name, asset in kind.items():
            if len(asset.build):
                extra = " energy" if asset.key[0] == "storage energy" else ""
                found[_technology(name, names) + extra].append(asset.key)
    lines = [asset.key for asset in assets.connection.values() if len(asset.build)]
    if lines:
        found["grid connection" if "grid connection" not in found else "all connections"] = lines
    if len(problem.sites) > 1:
        for site in problem.sites:
            for what, kinds in (("supply", [assets.supply]), ("connection", [assets.connection])):
                here = [a.key for k in kinds for a in k.values() if _at(a, site.name)]
                if here:
                    found[f"{what} at {site.name}"] = here
    halls: dict[str, list[Key]] = defaultdict(list)
    for asset in assets.phase.values():
        if len(asset.build):
            halls[f"halls at {asset.site}"].append(asset.key)
    return tuple(Group(name, tuple(keys)) for name, keys in {**found, **halls}.items())


def _at(asset: Asset, site: str) -> bool:
    return asset.site == site and len(asset.build) > 0


def _technology(name: str, places: Iterable[str]) -> str:
    """Return an option's name without that of its place."""
    for place in sorted(places, key=len, reverse=True):
        for start in (name.startswith(place), name.endswith(place)):
            if start and len(name) > len(place):
                left = name.removeprefix(place) if name.startswith(place) else name
                left = left if left != name else name.removesuffix(place)
                if left.strip(_EDGES) and (left[0] in _EDGES or left[-1] in _EDGES):
                    return left.strip(_EDGES)
    return name


def chosen_groups(
    problem: ExpansionProblem,
    assets: Assets,
    groups: Mapping[str, Iterable[str]] | Iterable[Group] | None,
) -> tuple[Group, ...]:
    """Return the groups that are asked for.

    Parameters
    ----------
    groups : mapping of str to names, or iterable of Group, optional
        Names of supplies, storages (their power), connections, campuses and generations of chips;
        the default groups if None.

    Raises
    ------
    InputError
        If a name is unknown, or a group is empty or adds up different units.
    """
    if groups is None:
        return default_groups(problem, assets)
    if isinstance(groups, Mapping):
        found = tuple(Group(name, _owned(assets, name, names)) for name, names in groups.items())
    else:
        found = tuple(groups)
    known = {asset.key for asset in assets.all()}
    for group in found:
        for key in group.assets:
            require(key in known, f"names {key}, which is no asset.", field=f"groups.{group.name}")
        units = {_UNITS.get(str(key[0]), "MW") for key in group.assets}
        require(
            len(units) == 1,
            f"adds up {sorted(units) or 'nothing'}; one unit is needed.",
            field=f"groups.{group.name}",
        )
    return found


def _owned(assets: Assets, group: str, names: Iterable[str]) -> tuple[Key, ...]:
    keys: list[Key] = []
    for name in names:
        owned = assets.owned_by(name)
        if not owned:
            every = sorted({asset.owner for asset in assets.all()})
            raise InputError(
                Problem(
                    f"names '{name}', which is no option, campus or accelerator.",
                    field=f"groups.{group}",
                    hint=nearest(name, every),
                )
            )
        keys += [asset.key for asset in owned]
    return tuple(keys)
