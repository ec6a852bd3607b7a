"""The example on the real weather, demand, price and grid-mix files of the shared folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gigaplan.core.errors import InputError
from gigaplan.runs import RunStore
from gigaplan.study import Outcome, Settings, compare, run
from gigaplan.study.running import stage

DRAWS = 20


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    return RunStore(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def real(shared: Path, store: RunStore) -> Outcome:
    return run("one-campus", Settings(draws=DRAWS, data=shared / "data"), store=store)


@pytest.fixture(scope="module")
def generated(store: RunStore) -> Outcome:
    return run("one-campus", Settings(draws=DRAWS), store=store)


def summary(outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((outcome.folder / "run.json").read_text("utf-8"))
    return found


def test_a_run_on_real_files_is_whole_and_says_what_it_used(real: Outcome) -> None:
    told = summary(real)
    assert told["weather_kind"] == "mixed"  # no PJM price is among the files
    notes = "\n".join(told["plan"]["notes"])
    assert "real: Columbus" in notes
    assert "real: PJM_eia930_2022" in notes
    assert "real demand of region PJM-AEP" in notes
    assert "23 missing hours filled" in notes
    for name in ("plan", "delivery", "operations", "finance"):
        assert told[name]
    assert (real.folder / "tables/operations.parquet").is_file()


def test_a_run_without_files_says_that_all_is_generated(generated: Outcome) -> None:
    told = summary(generated)
    assert told["weather_kind"] == "generated"
    assert "real:" not in "\n".join(told["plan"]["notes"])


def test_no_figure_of_a_run_on_real_files_is_missing(real: Outcome) -> None:
    operations = pd.read_parquet(real.folder / "tables/operations.parquet")
    # a year before the first hall has no compute to lose a share of
    at_work = operations[operations.load_mwh > 0]
    assert not at_work.empty
    assert np.isfinite(at_work.select_dtypes("number").to_numpy()).all()
    assert operations.clean_share_hourly.between(0, 1).all()


def test_real_files_change_the_hours_but_not_the_deliveries_a_plan_gets(
    real: Outcome, generated: Outcome
) -> None:
    first, second = (
        pd.read_parquet(o.folder / "tables/operations.parquet") for o in (real, generated)
    )
    assert not np.allclose(first.co2_t, second.co2_t, rtol=1e-6)
    assert not np.allclose(first.water_m3, second.water_m3, rtol=1e-6)
    # a warm-climate check in energy: PUE of the same halls moves by under 2%
    assert np.allclose(first.load_mwh, second.load_mwh, rtol=0.02)


def test_comparing_both_names_the_folder_of_data_first(real: Outcome, generated: Outcome) -> None:
    found = compare(generated.folder, real.folder)
    assert any("settings.data" in str(change) for change in found.inputs)


def test_the_same_files_are_the_same_run_wherever_they_lie(
    real: Outcome, shared: Path, store: RunStore, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "data"
    elsewhere.symlink_to((shared / "data").resolve(), target_is_directory=True)
    again = run("one-campus", Settings(draws=DRAWS, data=elsewhere), store=store)
    assert again.kept
    assert again.run_id == real.run_id
    assert str(shared) not in (real.folder / "run.json").read_text("utf-8")


def test_a_grid_mix_with_days_missing_is_refused_with_its_line(
    shared: Path, store: RunStore, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    (folder / "grid_mix").mkdir(parents=True)
    lines = (shared / "data/grid_mix/PJM_eia930_2022.csv").read_text("utf-8").splitlines()
    kept = lines[:4000] + lines[4000 + 24 * 5 :]
    (folder / "grid_mix/PJM_eia930_2022.csv").write_text("\n".join(kept) + "\n", "utf-8")
    with pytest.raises(InputError, match="120 hours without a value") as caught:
        stage("one-campus", "plan", Settings(draws=2, data=folder), store=store)
    assert caught.value.problems[0].line is not None


def test_a_leap_year_of_prices_gives_8760_hours(
    shared: Path, store: RunStore, tmp_path: Path
) -> None:
    """Demand is read for 2022; the folder's five years hold two leap years, 2020 and 2024."""
    from gigaplan.weather import read_series

    path = shared / "data/demand/eia930_demand_2020_2024.csv"
    leap = read_series(path, "PJM-AEP", unit="mw", hour_label="ending", year=2024)
    assert leap.values.shape == (8760,)
    assert any("29 February left out" in told for told in leap.provenance.treatments)
