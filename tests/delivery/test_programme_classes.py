"""Past projects and forgetting that a programme names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.delivery.announced import announced_plan, bundled

from gigaplan import catalogue, study
from gigaplan.core.errors import InputError
from gigaplan.delivery import (
    CostRatio,
    deliver,
    experience_before,
    fit_cost,
    learned_cost,
    read_past_projects,
)
from gigaplan.programme import UnitBuild
from gigaplan.programme.bundled import locate
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve

DRAWS = 20_000
HEADER = (
    "project,status,estimated_usd,estimated_dollar_year,final_usd,final_dollar_year,"
    "planned_months,actual_months\n"
)
RATIOS = (0.9, 1.0, 1.1, 1.2, 1.3, 1.5, 1.6, 2.0)


def _programme(folder: Path, rows: str, *, weight: float = 1.0) -> Path:
    text = locate("one-campus").read_text("utf-8")
    at = text.index("reactors:")
    at = text.index("\n", at) + 1
    own = (
        "    overnight_usd_per_kw: 6000\n"
        "    learning_rate_fraction: 0.2\n"
        "    forgetting_per_year: 0.5\n"
        "    estimate:\n"
        "      past_projects_file: past.csv\n"
        f"      outside_view_weight_fraction: {weight}\n"
    )
    path = folder / "mine.yaml"
    path.write_text(text[:at] + own + text[at:], "utf-8")
    (folder / "past.csv").write_text(HEADER + rows, "utf-8")
    return path


def _rows() -> str:
    return "".join(f"p{i},finished,100,2020,{100 * r},2020,,\n" for i, r in enumerate(RATIOS))


def test_cost_ends_as_far_from_estimate_as_the_named_past_projects_did(tmp_path: Path) -> None:
    programme = resolve(read_programme(_programme(tmp_path, _rows())))
    one = UnitBuild("reactors", 2035, 1.0, 75.0, "own", 0.0)
    plan = replace(announced_plan(programme), units=(one,))
    found = deliver(programme, plan, draws=DRAWS)
    row = [i for i, e in enumerate(found.entities) if e.owner == "reactors" and e.kind == "unit"]
    drawn = np.sort(found.cost_multiplier[row[0]])
    fitted = fit_cost(read_past_projects(tmp_path / "past.csv"), deflator=catalogue.price_index())
    own = CostRatio(fitted, outside_weight=1.0)
    for p, z in ((0.1, -1.2815515655), (0.5, 0.0), (0.9, 1.2815515655)):
        # order statistics lie about the quantile by some shares of 1 / sqrt(draws)
        assert np.interp(p, np.linspace(0, 1, DRAWS), drawn) == pytest.approx(
            float(own.at_scores(np.array([z]))[0]), rel=0.02
        )
    assert any("past.csv" in note for note in found.notes)


def test_a_design_that_pauses_forgets_at_the_rate_that_the_programme_says(tmp_path: Path) -> None:
    programme = resolve(read_programme(_programme(tmp_path, _rows(), weight=0.0)))
    reactors = programme.power["reactors"]
    assert (reactors.learning_rate_fraction, reactors.forgetting_per_year) == (0.2, 0.5)
    units = tuple(UnitBuild("reactors", y, 1.0, 75.0, "own", 0.0) for y in (2032, 2045))
    plan = replace(announced_plan(programme), units=units)
    forgets = deliver(programme, plan, draws=2000)
    keeps = deliver(
        replace(
            programme,
            power={**programme.power, "reactors": replace(reactors, forgetting_per_year=0.0)},
        ),
        plan,
        draws=2000,
    )
    rows = [i for i, e in enumerate(keeps.entities) if e.owner == "reactors" and e.kind == "unit"]
    first, second = (forgets.cost_multiplier[r] for r in rows)
    assert np.array_equal(first, keeps.cost_multiplier[rows[0]])
    learnt = keeps.cost_multiplier[rows[1]] < first
    assert learnt.mean() > 0.3
    assert np.all(second[learnt] > keeps.cost_multiplier[rows[1]][learnt])
    # five years after one unit, at half a year: the experience left is 2 ** -5
    left = experience_before(np.array([[0.0], [84.0]]), np.array([[24.0], [120.0]]), 0.5)
    assert learned_cost(left, 0.2)[1, 0] == pytest.approx((1 + 2**-5) ** np.log2(0.8))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("p,finished,100,2020,-5,2020,,\n", "final_usd"),
        ("p,finished,100,2020,120,2020,,\n", "two"),
        ("p,finished,,,,,12,20\n", "no past project has both planned and final"),
    ],
)
def test_a_fault_in_past_projects_is_told_before_anything_runs(
    tmp_path: Path, rows: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        study.check(_programme(tmp_path, rows))
    assert said in str(caught.value)
    assert "past.csv" in str(caught.value)


def test_a_missing_file_of_past_projects_is_told_with_its_line(tmp_path: Path) -> None:
    path = _programme(tmp_path, _rows())
    (tmp_path / "past.csv").unlink()
    with pytest.raises(InputError, match=r"past_projects_file.*there is no file 'past\.csv'"):
        read_programme(path)


def test_bundled_programmes_name_no_past_projects() -> None:
    for name in ("one-campus", "meta-compute"):
        assert not any(p.reference_class.past_projects for p in bundled(name).power.values())
