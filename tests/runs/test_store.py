from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.runs import RunStore, code_id, content_id


def _write(folder: Path, programme: str = "one", created: str = "2026-01-01T00:00:00Z") -> None:
    summary = {"programme": programme, "created": created, "draws": 10}
    (folder / "run.json").write_text(json.dumps(summary))


def test_a_run_is_there_only_when_it_is_whole(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    with store.draft("aaa") as folder:
        _write(folder)
        assert store.find("aaa") is None
        assert store.runs() == []
    found = store.find("aaa")
    assert found == tmp_path / "aaa"
    assert [record.run_id for record in store.runs()] == ["aaa"]


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    store = RunStore(tmp_path)

    def fail_half_way() -> None:
        with store.draft("aaa") as folder:
            _write(folder)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_writer_leaves_no_run_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    code = (
        "import sys, time; from gigaplan.runs import RunStore\n"
        "with RunStore(sys.argv[1]).draft('aaa') as f:\n"
        "    (f / 'run.json').write_text('{}'); print('ready', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    store = RunStore(tmp_path)
    with store.draft("bbb") as folder:
        _write(folder)
    assert len(list(tmp_path.glob(".draft-*"))) == 1, "a living writer's draft is left alone"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert [record.run_id for record in store.runs()] == ["bbb"]
    with store.draft("ccc") as folder:
        _write(folder)
    assert list(tmp_path.glob(".draft-*")) == []


def test_two_writers_of_the_same_run_leave_one(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    with store.draft("aaa") as first:
        _write(first, "one")
        with store.draft("aaa") as second:
            _write(second, "one")
    assert [record.run_id for record in store.runs()] == ["aaa"]
    assert list(tmp_path.glob(".draft-*")) == []


def test_a_run_is_found_by_the_start_of_its_name_or_as_the_last(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    for name, day in (("abc1", "01"), ("abd2", "02")):
        with store.draft(name) as folder:
            _write(folder, created=f"2026-01-{day}T00:00:00Z")
    assert store.get("abc").name == "abc1"
    assert store.get("last").name == "abd2"
    with pytest.raises(InputError, match="several runs"):
        store.get("ab")
    with pytest.raises(InputError, match="Did you mean 'abd2'"):
        store.get("abd3")


def test_a_stage_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    assert store.read_stage("plan", "k") is None
    store.write_stage("plan", "k", {"a": [1.5, None]})
    assert store.read_stage("plan", "k") == {"a": [1.5, None]}
    assert store.runs() == []


def test_the_code_has_one_name_in_one_installation() -> None:
    assert code_id() == code_id()
    assert len(code_id()) == 12


def test_the_same_content_has_the_same_name_and_other_content_another(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("1")
    parts = {"a": [1, 2.0, None], "b": np.arange(3), "f": file}
    name = content_id(parts)
    assert content_id({"f": file, "b": np.arange(3), "a": [1, 2.0, None]}) == name
    assert content_id({**parts, "a": [1, 2, None]}) != name
    assert content_id({**parts, "b": np.arange(3.0)}) != name
    file.write_text("2")
    os.utime(file, (time.time(), time.time()))
    assert content_id(parts) != name
