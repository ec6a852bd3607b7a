from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gigaplan.study import compare


def _run(folder: Path, inputs: dict[str, object], npv: np.ndarray) -> Path:
    (folder / "tables").mkdir(parents=True)
    (folder / "inputs.json").write_text(json.dumps(inputs))
    frame = pd.DataFrame({"draw": np.arange(npv.size), "npv_usd": npv})
    frame.to_parquet(folder / "tables" / "draws.parquet", index=False)
    return folder


def test_inputs_that_differ_come_first_and_paired_draws_have_a_small_error(tmp_path: Path) -> None:
    world = np.random.default_rng(1).normal(0, 1e9, 400)
    seeds: dict[str, object] = {"settings.seed": 1, "settings.draws": 400}
    a = _run(tmp_path / "a", {**seeds, "power.gas.max_mw": 100.0, "same": 1}, world)
    b = _run(tmp_path / "b", {**seeds, "power.gas.max_mw": 200.0, "same": 1}, world + 5e6)
    found = compare(a, b)
    assert [(d.field, d.first, d.second) for d in found.inputs] == [
        ("power.gas.max_mw", 100.0, 200.0)
    ]
    assert found.paired
    assert found.outputs[0].difference == pytest.approx(5e6)
    assert found.outputs[0].standard_error == pytest.approx(0, abs=1)
    text = found.as_text()
    assert text.index("power.gas.max_mw") < text.index("npv_usd")
    assert max(len(line) for line in text.splitlines()) <= 90


def test_runs_of_different_seeds_are_not_paired(tmp_path: Path) -> None:
    a = _run(tmp_path / "a", {"settings.seed": 1, "settings.draws": 2}, np.array([1.0, 2.0]))
    b = _run(tmp_path / "b", {"settings.seed": 2, "settings.draws": 2}, np.array([1.0, 3.0]))
    found = compare(a, b)
    assert not found.paired
    assert found.outputs[0].standard_error is None
