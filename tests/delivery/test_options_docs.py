from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs/options.md"


def test_the_example_of_the_page_runs_and_its_policies_keep_their_order(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), names)
    assert "nan" not in capsys.readouterr().out
    found = names["found"]
    assert found.exercise_share.sum() + found.never_share == pytest.approx(1.0)
    at_once = names["options"].compare_policies(
        names["worth_usd"], names["worth_usd"] - names["price_usd"], names["discount"]
    )[0]
    assert found.value.mean > at_once.value.mean + 3 * at_once.value.standard_error
    # the threshold falls as time runs out
    assert names["rule"].rule.slope_per_step > 0
