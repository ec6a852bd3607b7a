from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Gigaplan = Callable[..., subprocess.CompletedProcess[str]]

_HEAVY = ("numpy", "pandas", "scipy", "numba", "pvlib", "pydantic", "rich", "altair")


def test_help_loads_nothing_heavy_and_is_quick() -> None:
    code = (
        "import sys, time\n"
        "try:\n    from gigaplan.cli import main; main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print([m for m in {_HEAVY!r} if m in sys.modules], time.process_time())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, seconds = done.stdout.splitlines()[-1].rsplit(" ", 1)
    assert loaded == "[]"
    assert float(seconds) < 0.3


def test_every_command_has_help(gigaplan: Gigaplan) -> None:
    listed = gigaplan("--help").stdout
    for command in (
        "run",
        "init",
        "check",
        "plan",
        "deliver",
        "operate",
        "finance",
        "report",
        "compare",
        "export",
        "runs",
        "catalogue",
        "weather",
        "backtest",
        "headroom",
        "value",
    ):
        assert f"  {command} " in listed


def test_backtest_prints_tables_and_json_and_names_a_wrong_line(
    gigaplan: Gigaplan, tmp_path: Path
) -> None:
    assert "US reactors, cost as of approval" in gigaplan("backtest").stdout
    assert json.loads(gigaplan("backtest", "--json").stdout)["schema_version"] == 1
    wrong = tmp_path / "promises.csv"
    wrong.write_text("project,made,promised,outcome\nA,2015,2018-01,2019-01\n")
    done = gigaplan("backtest", "--promises", wrong)
    assert done.returncode == 2
    assert f"{wrong}:2: made: found '2015'; allowed" in done.stderr


def test_headroom_prints_tables_and_json_and_names_a_wrong_line(
    gigaplan: Gigaplan, tmp_path: Path
) -> None:
    hours = np.datetime64("2023-01-01", "h") + np.arange(8760)
    mw = 1000 + 300 * np.sin(np.arange(8760) / 700) + 50 * np.sin(np.arange(8760) / 4)
    rows = [f"{str(t).replace('T', ' ')}:00,{x:.1f}" for t, x in zip(hours, mw, strict=True)]
    file = tmp_path / "demand.csv"
    file.write_text("\n".join(["time_utc,north", *rows]))
    assert "north: peaks winter" in gigaplan("headroom", file).stdout
    rows_found = json.loads(gigaplan("headroom", file, "--rate", "0.01", "--json").stdout)
    assert [row["rate_fraction"] for row in rows_found["headroom"]] == [0.01]
    file.write_text("\n".join(["time_utc,north", *rows[:9], rows[9] + "x", *rows[10:]]))
    done = gigaplan("headroom", file)
    assert done.returncode == 2
    assert f"{file}:11: column north: found" in done.stderr
    assert "--programme and --site together" in gigaplan("headroom", file, "--site", "a").stderr


def test_init_makes_a_programme_that_checks_and_never_overwrites(
    gigaplan: Gigaplan, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    assert gigaplan("init", folder, "--from", "meta-compute").returncode == 0
    assert gigaplan("check", folder).returncode == 0
    again = gigaplan("init", folder)
    assert again.returncode == 2
    assert "is there already" in again.stderr


def test_a_wrong_programme_ends_with_code_2_and_no_traceback(
    gigaplan: Gigaplan, tmp_path: Path
) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("gigaplan: 1\nnmae: x\n")
    done = gigaplan("run", file, "--out", tmp_path / "runs")
    assert done.returncode == 2
    assert "bad.yaml:2: nmae: unknown key. Did you mean 'name'?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()


def test_the_schema_is_printed_for_editors(gigaplan: Gigaplan) -> None:
    schema = json.loads(gigaplan("check", "--schema").stdout)
    assert schema["title"] == "gigaplan programme"


def test_a_run_prints_the_documented_summary(gigaplan: Gigaplan, store: Path) -> None:
    done = gigaplan("run", "one-campus", "--draws", "60", "--seed", "1", "--out", store, "--json")
    summary = json.loads(done.stdout)
    assert summary["schema_version"] == 1
    assert summary["run_id"]
    plan = summary["plan"]
    assert {"objective_usd", "bound_usd", "gap", "decisions"} <= set(plan)
    assert plan["bound_usd"] <= plan["objective_usd"] * (1 + 1e-9)
    delivery = summary["delivery"]
    online = delivery["online_it_mw"]
    assert len(delivery["months"]) == len(online["p10"]) == len(online["p90"])
    assert {"target_probability", "bottleneck_share"} <= set(delivery)
    wanted = {
        "lolh_hours",
        "lolh_hours_standard_error",
        "eue_mwh",
        "eue_mwh_standard_error",
        "clean_share_hourly",
        "clean_share_annual",
        "water_m3",
        "co2_t",
    }
    assert all(wanted <= set(row) for row in summary["operations"]["by_period"])
    finance = summary["finance"]
    for name in ("funding_gap_usd", "npv_usd", "required_revenue_usd_per_gw_year"):
        assert finance[name]["p10"] <= finance[name]["p50"] <= finance[name]["p90"]
    assert finance["irr"] is None
    assert finance["irr_reason"]
    for year in finance["capex_usd_by_year"].values():
        assert year["p10"] <= year["p50"] <= year["p90"]
    assert {"weather", "plan", "deliver", "operate", "finance", "report"} <= set(summary["seconds"])


def test_the_same_input_is_the_same_run_and_not_computed_again(
    gigaplan: Gigaplan, store: Path
) -> None:
    before = {path.name for path in store.iterdir()}
    done = gigaplan("run", "one-campus", "--draws", "60", "--seed", "1", "--out", store)
    assert "kept from before" in done.stdout
    assert {path.name for path in store.iterdir()} == before


def test_a_terminal_table_fits_80_columns(gigaplan: Gigaplan, store: Path) -> None:
    done = gigaplan("run", "one-campus", "--draws", "60", "--seed", "1", "--out", store)
    tables = done.stdout[: done.stdout.index("\nRun ")]
    assert max(len(line) for line in tables.splitlines()) <= 80


def test_runs_are_listed_compared_exported_and_reported(
    gigaplan: Gigaplan, store: Path, tmp_path: Path
) -> None:
    runs = json.loads(gigaplan("runs", "--out", store, "--json").stdout)
    assert [run["programme"] for run in runs] == ["one-campus", "one-campus"]
    first, second = (run["run_id"] for run in runs)
    found = json.loads(gigaplan("compare", first, second, "--out", store, "--json").stdout)
    assert [d["field"] for d in found["inputs"]] == ["settings.seed"]
    assert found["outputs"]
    for kind in ("csv", "parquet", "xlsx"):
        target = tmp_path / f"out.{kind}"
        done = gigaplan("export", first, "--to", kind, "--path", target, "--out", store)
        assert done.returncode == 0, done.stderr
        assert target.exists()
    page = tmp_path / "again.html"
    assert gigaplan("report", first, "--to", page, "--out", store).returncode == 0
    assert page.read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("stage", ["plan", "deliver", "operate", "finance"])
def test_each_engine_can_be_asked_alone(gigaplan: Gigaplan, store: Path, stage: str) -> None:
    options = ("one-campus", "--draws", "60", "--seed", "1", "--out", store)
    done = gigaplan(stage, *options, "--json")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == {"schema_version", stage}
    words = gigaplan(stage, *options)
    assert words.returncode == 0, words.stderr
    assert max(len(line) for line in words.stdout.splitlines()) <= 80


def test_a_killed_run_leaves_no_broken_run(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "gigaplan.cli",
        "run",
        "one-campus",
        "--draws",
        "61",
        "--out",
        str(tmp_path),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stages = tmp_path / ".stages"
    for _ in range(600):
        if stages.is_dir() and list(stages.glob("plan-*.json")):
            break
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert [path for path in tmp_path.iterdir() if not path.name.startswith(".")] == []


def test_an_interrupted_run_ends_with_code_4_and_keeps_its_plan(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "gigaplan.cli",
        "run",
        "one-campus",
        "--draws",
        "4000",
        "--out",
        str(tmp_path),
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    stages = tmp_path / ".stages"
    for _ in range(600):
        if stages.is_dir() and list(stages.glob("plan-*.json")):
            break
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "Traceback" not in said
    assert list(stages.glob("plan-*.json"))
