"""A resolved programme with one figure changed, named by its path.

A path is the names of `ResolvedProgramme`'s fields, keys and items, with dots between:
``power.oklo-ohio.stages.licence.months.p90``. An item of a list goes by its name, or by its
position from 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from gigaplan.core.errors import InputError, Problem, nearest
from gigaplan.programme.resolved import ResolvedProgramme


def with_value(programme: ResolvedProgramme, path: str, value: Any) -> ResolvedProgramme:
    """Return the programme with the figure at a path replaced.

    Parameters
    ----------
    programme : ResolvedProgramme
    path : str
        As ``sites.hyperion.connection_delay_months.p90``.
    value : Any
        Of the kind that stands there: a number for a number, and so on.

    Raises
    ------
    InputError
        If there is nothing at the path, or something of another kind.
    """
    changed = _changed(programme, path.split("."), (), value)
    assert isinstance(changed, ResolvedProgramme)
    return changed


def _changed(here: Any, ahead: list[str], behind: tuple[str, ...], value: Any) -> Any:
    if not ahead:
        return _of_its_kind(here, ".".join(behind), value)
    name, rest, path = ahead[0], ahead[1:], (*behind, ahead[0])
    if is_dataclass(here) and not isinstance(here, type):
        names = [field.name for field in fields(here)]
        _refer(name, names, behind)
        return replace(here, **{name: _changed(getattr(here, name), rest, path, value)})
    if isinstance(here, Mapping):
        keys = {str(key): key for key in here}
        _refer(name, keys, behind)
        key = keys[name]
        return {**here, key: _changed(here[key], rest, path, value)}
    if isinstance(here, tuple):
        places = {str(getattr(item, "name", i)): i for i, item in enumerate(here)}
        _refer(name, places, behind)
        i = places[name]
        return (*here[:i], _changed(here[i], rest, path, value), *here[i + 1 :])
    raise InputError(Problem(f"nothing is inside {here!r}.", field=".".join(behind)))


def _refer(name: str, known: Iterable[str], behind: tuple[str, ...]) -> None:
    names = list(known)
    if name not in names:
        where = ".".join(behind) or "the programme"
        hint = nearest(name, names) or f"There are: {', '.join(names[:20]) or 'none'}."
        raise InputError(Problem(f"{where} has no '{name}'.", hint=hint))


def _of_its_kind(old: Any, path: str, value: Any) -> Any:
    """Return the value as the kind of the old one; nothing may be known where nothing was."""
    if isinstance(old, bool) or isinstance(value, bool):
        fits = isinstance(old, bool) and isinstance(value, bool)
    elif isinstance(old, float | int):
        fits = isinstance(value, float | int)
        if fits and isinstance(old, float):
            value = float(value)
    else:
        fits = old is None or isinstance(value, type(old))
    if not fits:
        raise InputError(
            Problem(f"{value!r} was given in place of {old!r}; give one of that kind.", field=path)
        )
    return value
