"""gigaplan plans gigawatt-scale AI infrastructure: compute, power and capital under uncertainty.

>>> import gigaplan as gp
>>> run = gp.run("one-campus", draws=500)  # doctest: +SKIP
>>> run.summary["finance"]["npv_usd"]["p50"]  # doctest: +SKIP

Each engine also works alone: `gigaplan.operations.assess`, `gigaplan.delivery.simulate`,
`gigaplan.finance.evaluate`, `gigaplan.expansion.solve`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gigaplan.core.version import VERSION

if TYPE_CHECKING:
    from gigaplan.report import RunView

__version__ = VERSION
__all__ = ["__version__", "run"]


def run(
    programme: str | Path,
    *,
    draws: int = 1000,
    weather_years: int = 3,
    seed: int | None = None,
    data: Path | None = None,
    out: Path | str | None = None,
    fresh: bool = False,
) -> RunView:
    """Plan, deliver, operate, finance and report a programme; what ``gigaplan run`` does.

    Parameters
    ----------
    programme : str or Path
        A programme file, its folder, or a bundled name such as ``meta-compute``.
    draws : int
        Sampled worlds.
    weather_years : int
        Weather years to operate through.
    seed : int, optional
        Replaces the programme's seed.
    data : Path, optional
        Folder of real weather, price and grid-mix files.
    out : Path or str, optional
        Run store; $GIGAPLAN_RUNS or ``runs`` if left out.
    fresh : bool
        Compute again even if the same run is kept.

    Returns
    -------
    RunView
        The run's summary, tables and figures; its report is ``folder / "report.html"``.

    Raises
    ------
    InputError, InfeasibleError
        If the programme is wrong or cannot be planned.
    """
    from gigaplan import report, study
    from gigaplan.runs import RunStore, default_store

    outcome = study.run(
        programme,
        study.Settings(draws=draws, weather_years=weather_years, seed=seed, data=data),
        store=RunStore(out or default_store()),
        fresh=fresh,
        finish=report.add_report,
    )
    return report.RunView.load(outcome.folder)
