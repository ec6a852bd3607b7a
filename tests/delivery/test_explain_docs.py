from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs/explain.md"


def test_the_examples_of_the_page_run_and_find_what_it_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), names)
    assert "nan" not in capsys.readouterr().out
    chain, date = names["chain"], names["date"]
    came = np.isfinite(date)
    added = (chain.share * (chain.months + chain.wait_months)).sum()
    assert chain.began_month[came].mean() + added == pytest.approx(date[came].mean())
    assert names["shares"].shapley.sum() == pytest.approx(1.0)
    # every stream has a group
    outside = names["shares"].outside, names["shares"].outside_standard_error
    assert abs(outside[0][0]) < 3 * outside[1][0]
    assert names["must"].enough.reached
