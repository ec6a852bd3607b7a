"""What a deal is worth: power, money or an earlier connection; two runs on common draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gigaplan.core.errors import InputError, Problem, nearest
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study.deals.connection import (
    MONTHS,
    ConnectionDeal,
    Earlier,
    value_connection,
)
from gigaplan.study.deals.instrument import InstrumentDeal, value_instrument
from gigaplan.study.deals.power import AsOption, PowerDeal, value_power
from gigaplan.study.deals.text import as_text
from gigaplan.study.deals.worth import AtTerm, Term, Worth
from gigaplan.study.pipeline import Progress, Settings, programme_of

__all__ = [
    "MONTHS",
    "AsOption",
    "AtTerm",
    "ConnectionDeal",
    "Deal",
    "Earlier",
    "InstrumentDeal",
    "PowerDeal",
    "Term",
    "Worth",
    "as_json",
    "as_text",
    "value_deal",
]

Deal = PowerDeal | InstrumentDeal | ConnectionDeal


def value_deal(
    programme: str | Path,
    deal: str,
    settings: Settings | None = None,
    *,
    months: Sequence[int] = MONTHS,
    progress: Progress = lambda stage, share: None,
) -> Deal:
    """Return what a deal is worth to a programme.

    Parameters
    ----------
    programme : str or Path
        A programme file, its folder, or a bundled name.
    deal : str
        A power project (purchase agreement, prepayment, tolled or owned plant, option), an
        instrument, or a site whose connection might come earlier. A name that two of them have is
        written after its kind: ``power:NAME``, ``instruments:NAME``, ``sites:NAME``.
    settings : Settings, optional
    months : sequence of int
        How much earlier, of a site.
    progress : callable
        Called with a stage and the share of it that is done.

    Raises
    ------
    InputError
        If there is no such deal, or there is no plan without it.
    """
    settings = settings or Settings()
    resolved = programme_of(programme, settings)
    kind, name = _find(resolved, deal)
    if kind == "power":
        return value_power(resolved, name, settings, progress)
    if kind == "instruments":
        return value_instrument(resolved, name, settings, progress)
    return value_connection(resolved, name, months, settings, progress)


def as_json(found: Deal) -> dict[str, Any]:
    """Return plain values."""
    return {"schema_version": 2, "deal": asdict(found)}


def _find(programme: ResolvedProgramme, deal: str) -> tuple[str, str]:
    """Return the kind and name of a deal."""
    named = {
        "power": programme.power,
        "instruments": programme.instruments,
        "sites": programme.sites,
    }
    wanted, _, after = deal.rpartition(":")
    if wanted:
        if wanted not in named:
            raise InputError(
                f"found '{wanted}:'; a deal is of power:, instruments: or sites:.", field="deal"
            )
        named = {wanted: named[wanted]}
    kinds = [kind for kind, names in named.items() if after in names]
    if not kinds:
        every = [name for names in named.values() for name in names]
        raise InputError(
            Problem(f"the programme has no deal '{after}'.", hint=nearest(after, every))
        )
    if len(kinds) > 1:
        both = " or ".join(f"{kind}:{after}" for kind in kinds)
        raise InputError(f"'{after}' is the name of two things; write {both}.", field="deal")
    return kinds[0], after
