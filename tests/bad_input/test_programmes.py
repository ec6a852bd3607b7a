"""Every broken programme of the corpus says exactly what is wrong, and where."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from gigaplan.core.errors import InputError
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve

from .corpus import FILE, GOOD, MOST_SECONDS, Case, cases

CASES = cases()


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_programme_that_is_broken_below_is_whole() -> None:
    Path(FILE).write_text(GOOD, "utf-8")
    assert resolve(read_programme(FILE)).name == "small"


def test_there_are_over_sixty_cases_and_no_two_alike() -> None:
    assert len(CASES) > 60
    assert len({case.text for case in CASES}) == len(CASES)
    assert len({case.broken for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_broken_programme_says_exactly_what_is_wrong(case: Case) -> None:
    Path(FILE).write_text(case.text, "utf-8")
    begin = time.process_time()
    with pytest.raises(InputError) as caught:
        resolve(read_programme(FILE))
    assert str(caught.value) == case.says
    assert time.process_time() - begin < MOST_SECONDS


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_line_names_the_file_the_line_and_what_to_do(case: Case) -> None:
    lines = case.text.count("\n")
    for told in case.says.splitlines():
        where = re.match(rf"{re.escape(FILE)}:(\d+): ", told)
        assert where is not None, told
        assert 1 <= int(where[1]) <= lines
        assert told.endswith((".", "?"))
        assert not re.search(r"pydantic|ruamel|validation|Traceback|None", told), told
