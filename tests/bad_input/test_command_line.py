"""The command line on broken input: exit code 2, the same lines, no traceback, no run."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from gigaplan.cli import main

from .corpus import FILE, MOST_SECONDS, Case, cases
from .test_whole_files import WHOLE_FILES

CASES = cases()


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def printed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Return what a refused command prints, and check how it ends."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return captured.err.rstrip("\n")


def nothing_is_written() -> bool:
    return [path.name for path in Path().iterdir()] == [FILE]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_check_and_run_print_what_the_reader_says_and_write_nothing(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(FILE).write_text(case.text, "utf-8")
    assert printed(["check", FILE], capsys) == case.says
    assert printed(["run", FILE, "--out", "store"], capsys) == case.says
    assert nothing_is_written()


@pytest.mark.parametrize("what", WHOLE_FILES)
def test_a_file_that_is_no_programme_is_refused(
    what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data, says = WHOLE_FILES[what]
    Path(FILE).write_bytes(data)
    assert printed(["check", FILE], capsys) == FILE + says
    assert nothing_is_written()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "meta-computer"], "Did you mean 'meta-compute'?"),
        (["check", "nothing.yaml"], "nothing.yaml: there is no such file."),
        (["check"], "name a programme to check, or give --schema."),
        (["run", "one-campus", "--data", "nowhere"], "nowhere: there is no such folder."),
        (["run", "one-campus", "--draws", "1"], "--draws"),
        (["init", "folder", "--from", "meta-computer"], "Did you mean 'meta-compute'?"),
        (["report", "none", "--out", "store"], "none"),
        (["compare", "a", "b", "--out", "store"], "a"),
    ],
)
def test_a_command_that_cannot_be_says_why(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in printed(arguments, capsys)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("broken", ["An alias to the mapping that holds it", "Negative power"])
def test_the_installed_command_ends_so_too(broken: str) -> None:
    case = next(case for case in CASES if case.broken == broken)
    Path(FILE).write_text(case.text, "utf-8")
    begin = time.perf_counter()
    found = subprocess.run(
        [sys.executable, "-m", "gigaplan.cli", "check", FILE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout, found.stderr.rstrip("\n")) == (2, "", case.says)
    assert time.perf_counter() - begin < 2 * MOST_SECONDS  # wall time of a busy machine
    assert nothing_is_written()
