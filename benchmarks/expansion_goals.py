"""The cases of `expansion.py`, the goal of each, and whether what was measured meets it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal, TypeAlias

import numpy as np
from benchmarks.expansion_cases import CaseSize
from benchmarks.expansion_peers import Answer

Peer: TypeAlias = Literal["PyPSA default", "PyPSA + HiPO", "lean CSR + HiPO"]

PYPSA: tuple[Peer, ...] = ("PyPSA default", "PyPSA + HiPO")
PEERS: tuple[Peer, ...] = (*PYPSA, "lean CSR + HiPO")
LINEAR_EXPONENT = 1.1
FLAT_EXPONENT = 0.1
TURBINE_UNIT_MW = 100.0


# ---- cases and goals ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Goal:
    """What a case asks for: wall seconds or MB at most, or times as fast as a peer at least."""

    what: Literal["seconds", "peak_mb", "times"]
    than: float
    peer: Peer | None = None

    def __str__(self) -> str:
        """Return the goal as the table has it."""
        if self.what == "times":
            return f">= {self.than:g} x {self.peer}"
        if self.what == "peak_mb":
            return f"<= {self.than / 1024:g} GB"
        return f"<= {self.than:g} s" if self.than < 60 else f"<= {self.than / 60:g} min"


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A case of the table.

    Parameters
    ----------
    title, size : str, CaseSize
        What it is; the size has its name.
    gap : float
        Asked of ours.
    limit_s : float
        For a run of ours.
    goals : tuple of Goal
    peers : tuple of str
        Those that state the same problem.
    quick_limits_s : mapping
        For each peer that `--quick` runs; empty: the case is not part of it.
    grows : bool
        Whether it is one of the sizes over which growth is fitted.
    """

    title: str
    size: CaseSize
    gap: float = 1e-3
    limit_s: float = 300.0
    goals: tuple[Goal, ...] = ()
    peers: tuple[Peer, ...] = PEERS
    quick_limits_s: Mapping[Peer, float] | None = None
    grows: bool = False

    @property
    def goal(self) -> str:
        """All that the case asks for."""
        growth = ["rounds flat, time linear in site-years"] if self.grows else []
        return ", ".join([*map(str, self.goals), *growth])


def _many(sites: int, years: int, weeks: int, whole: bool = False, **fields: Any) -> Bench:
    hours = weeks * 168 or 8760
    size = CaseSize(
        name=f"{sites}x{years}x{hours}{'-whole' if whole else ''}",
        sites=sites,
        years=years,
        weeks=weeks,
        whole=whole,
        turbine_unit_mw=TURBINE_UNIT_MW if whole else None,
    )
    title = f"{sites} sites x {years} years x {hours:,} h, gap 1e-3"
    return Bench(title=title + (", whole units" if whole else ""), size=size, **fields)


BENCHES = (
    Bench(
        title="one campus, 8,760 h, gap 1e-4",
        size=CaseSize(name="campus", kind="single"),
        gap=1e-4,
        limit_s=60.0,
        goals=(
            Goal("times", 100, "PyPSA default"),
            Goal("times", 20, "PyPSA + HiPO"),
            Goal("seconds", 1),
        ),
        quick_limits_s={"PyPSA default": 110.0, "PyPSA + HiPO": 40.0, "lean CSR + HiPO": 30.0},
    ),
    _many(2, 2, 1, limit_s=60.0, quick_limits_s=dict.fromkeys(PEERS, 30.0)),
    _many(
        5,
        5,
        2,
        goals=(Goal("times", 80, "PyPSA + HiPO"),),
        # lean first: on a busy machine it is the one that still answers
        quick_limits_s={"lean CSR + HiPO": 40.0, "PyPSA + HiPO": 60.0},
    ),
    _many(
        10,
        10,
        4,
        goals=(Goal("seconds", 10), Goal("times", 50, "lean CSR + HiPO")),
        grows=True,
    ),
    *(_many(n, 10, 4, limit_s=600.0, peers=(), grows=True) for n in (20, 50, 100, 200)),
    _many(50, 10, 0, limit_s=600.0, goals=(Goal("seconds", 120), Goal("peak_mb", 1024))),
    _many(200, 10, 0, limit_s=1800.0, goals=(Goal("seconds", 360), Goal("peak_mb", 1536))),
    _many(
        50,
        10,
        0,
        whole=True,
        limit_s=1200.0,
        goals=(Goal("seconds", 300),),
        peers=PYPSA,  # lean is linear only
    ),
)


# ---- verdicts ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """The worst answer of a method, and the wall and CPU seconds of every run.

    `limit_s` is what the last run had; `cut`: it took that, where its case would allow it more.
    """

    answer: Answer
    seconds: tuple[float, ...] = ()
    cpu_s: tuple[float, ...] = ()
    limit_s: float = math.inf
    cut: bool = False

    @property
    def answered(self) -> bool:
        """Whether every run gave an answer."""
        return self.answer.status == "answered"


@dataclass(frozen=True)
class Comparison:
    """A peer beside ours; `least`: it was stopped, and is slower than the ratios say."""

    peer: Measured
    same: bool | None
    ratio: float | None
    cpu_ratio: float | None
    least: bool


@dataclass(frozen=True)
class Verdict:
    """A goal, what was found, and whether that meets it; None: this run cannot tell."""

    goal: str
    found: str
    met: bool | None


def same_answer(ours: Answer, peer: Answer, gap: float) -> bool | None:
    """Return whether a peer's objective lies between our bound and our objective.

    None where that says nothing: no answer, or either leaves more than `gap` open. A peer outside
    of what we call bounds contradicts us all the same, however wide they are.
    """
    if peer.status != "answered" or not peer.tolerance_fraction <= gap:
        return None
    if ours.objective_usd is None or ours.bound_usd is None or peer.objective_usd is None:
        return None
    size = abs(ours.objective_usd)
    slack = ours.tolerance_fraction * size + peer.tolerance_fraction * abs(peer.objective_usd)
    if not ours.bound_usd - slack <= peer.objective_usd <= ours.objective_usd + slack:
        return False
    tight = ours.objective_usd - ours.bound_usd <= gap * size * (1 + 1e-6)
    return True if tight and ours.status == "answered" else None


def compare(ours: Measured, peer: Measured, gap: float) -> Comparison:
    """Return a peer beside ours; one that was stopped counts no more than its limit."""
    same = same_answer(ours.answer, peer.answer, gap)
    late = peer.answer.status == "did not finish"
    if not ours.answered or not (late or peer.answered) or not peer.seconds:
        return Comparison(peer, same, None, None, late)
    most = peer.limit_s if late else math.inf
    wall, cpu = (min(median(taken), most) for taken in (peer.seconds, peer.cpu_s))
    return Comparison(peer, same, wall / median(ours.seconds), cpu / median(ours.cpu_s), late)


def judge(goal: Goal, ours: Measured, beside: Mapping[Peer, Comparison]) -> Verdict:
    """Return whether a goal is met; none is where ours had its time and gave no answer."""
    if not ours.answered:
        found = ours.answer.note or ours.answer.status
        return Verdict(str(goal), found, None if ours.cut else False)
    if goal.what == "seconds":
        taken = median(ours.seconds)
        return Verdict(str(goal), f"{taken:,.2f} s", taken <= goal.than)
    if goal.what == "peak_mb":
        peak = ours.answer.peak_mb
        found = "not read" if peak is None else f"{peak:,.0f} MB"
        return Verdict(str(goal), found, None if peak is None else peak <= goal.than)
    return _judge_ratio(goal, beside.get(goal.peer) if goal.peer else None)


def _judge_ratio(goal: Goal, beside: Comparison | None) -> Verdict:
    if beside is None:
        return Verdict(str(goal), "not run", None)
    if beside.same is False:
        return Verdict(str(goal), "another answer", False)
    if beside.ratio is None or beside.cpu_ratio is None:
        return Verdict(str(goal), beside.peer.answer.note or beside.peer.answer.status, None)
    times = min(beside.ratio, beside.cpu_ratio)
    found = f"{'at least ' if beside.least else ''}{times:,.1f} x"
    if times >= goal.than:
        # a stopped peer has no answer to be the same
        return Verdict(str(goal), found, True if beside.same or beside.least else None)
    return Verdict(str(goal), found, None if beside.least else False)


def growth_exponent(sizes: Sequence[float], amounts: Sequence[float]) -> float | None:
    """Return the b of ``size ** b`` that fits amounts best in logarithms; needs three sizes."""
    if len(set(sizes)) < 3 or min(amounts) <= 0:
        return None
    return float(np.polyfit(np.log(sizes), np.log(amounts), 1)[0])


def judge_growth(found: Sequence[tuple[Bench, Measured]]) -> list[Verdict]:
    """Return whether time is linear and rounds are flat in site-years."""
    missing = [bench.size.name for bench, ours in found if not ours.answered]
    failed = any(not ours.answered and not ours.cut for _, ours in found)
    done = [(bench.size.site_years, ours) for bench, ours in found if ours.answered]
    sizes = [size for size, _ in done]
    whole = len(done) == sum(bench.grows for bench in BENCHES)
    verdicts = []
    for goal, most, amounts in (
        ("time linear in site-years", LINEAR_EXPONENT, [median(o.seconds) for _, o in done]),
        ("CPU time linear in site-years", LINEAR_EXPONENT, [median(o.cpu_s) for _, o in done]),
        ("rounds flat", FLAT_EXPONENT, [float(o.answer.rounds or 0) for _, o in done]),
    ):
        b = growth_exponent(sizes, amounts)
        text = "too few answers to fit" if b is None else f"exponent {b:.2f} over {len(done)} sizes"
        met = None if b is None or not whole else b <= most
        text += f"; no answer: {', '.join(missing)}" if missing else ""
        verdicts.append(Verdict(goal, text, False if failed else met))
    return verdicts
