from __future__ import annotations

import subprocess
import sys

from gigaplan import weather


def test_every_public_name_is_there_and_listed_once() -> None:
    assert len(weather.__all__) == len(set(weather.__all__))
    for name in weather.__all__:
        assert hasattr(weather, name)


def test_importing_the_room_loads_no_pandas_and_no_pvlib() -> None:
    code = (
        "import sys, gigaplan.weather; print([m for m in ('pandas','pvlib') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
