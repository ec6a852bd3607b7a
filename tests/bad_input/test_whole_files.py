"""Files that are no programme at all: refused soon, with one clear line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gigaplan.core.errors import InputError
from gigaplan.programme.reading import read_programme

from .corpus import FILE, GOOD, MOST_SECONDS

_ALIASES = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))
_NESTED = "".join(f"a{i}: &a{i} {{x: *a{i - 1}, y: *a{i - 1}}}\n" for i in range(1, 60))
_TOO_MANY = (
    "grows to over 40,000 values, by aliases or by length. "
    "Name series files in it instead of writing their values."
)
_TOO_LONG = (
    "is over 1 MB; a programme is at most that. "
    "Name series files in it instead of writing their values."
)

WHOLE_FILES: dict[str, tuple[bytes, str]] = {
    "an empty file": (b"", ": is empty; a programme needs at least gigaplan: 1 and a name."),
    "a file of blanks": (
        b" \n\n \n",
        ": is empty; a programme needs at least gigaplan: 1 and a name.",
    ),
    "a file of comments": (b"# to be written\n", ": holds nothing but comments."),
    "a picture": (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        ":1: is not UTF-8 text; a programme is a YAML text file.",
    ),
    "every byte there is": (
        bytes(range(256)) * 40,
        ":2: is not UTF-8 text; a programme is a YAML text file.",
    ),
    "an archive": (
        b"PK\x03\x04\n\x00\x00\x00\x08\x00",
        ": holds a NUL character, so it is no text; a programme is a YAML text file.",
    ),
    "text of another encoding": (
        "gigaplan: 1\ntitle: Zürich\n".encode("latin-1"),
        ":2: is not UTF-8 text; a programme is a YAML text file.",
    ),
    "text of two bytes a letter": (
        GOOD.encode("utf-16"),
        ":1: is not UTF-8 text; a programme is a YAML text file.",
    ),
    "a bell in the text": (
        b"gigaplan: 1\nname: \x07\n",
        ":2: is not valid YAML: unacceptable character #x0007: special characters are not allowed.",
    ),
    "a sentence": (
        b"Please plan two gigawatts.\n",
        ":1: is not a mapping of keys to values; a programme begins with gigaplan: 1.",
    ),
    "a list": (
        b"- one\n- two\n",
        ":1: is not a mapping of keys to values; a programme begins with gigaplan: 1.",
    ),
    "a table of another program": (
        b"name,mw\nperry,1268\n",
        ":1: is not a mapping of keys to values; a programme begins with gigaplan: 1.",
    ),
    "lists of aliases of lists": (f"a0: &a0 [x, x]\n{_ALIASES}".encode(), f":1: {_TOO_MANY}"),
    "mappings of aliases of mappings": (
        f"a0: &a0 {{x: 1}}\n{_NESTED}".encode(),
        f":3: {_TOO_MANY}",
    ),
    "a list that holds itself": (
        b"a: &a [1, *a]\n",
        ":1: an alias refers to the mapping or list that holds it.",
    ),
    "two lists that hold each other": (
        b"a: &a\n  - &b\n    - *a\n  - *b\n",
        ":1: an alias refers to the mapping or list that holds it.",
    ),
    "two thousand brackets": (b"a: " + b"[" * 2000, ":1: is nested deeper than 40 levels."),
    "two thousand braces": (b"{a: " * 2000, ":1: is nested deeper than 40 levels."),
    "twenty thousand dashes": (b"- " * 20_000, ":1: is nested deeper than 40 levels."),
    "mappings a hundred deep": (
        "".join(" " * i + "a:\n" for i in range(100)).encode(),
        ":40: is nested deeper than 40 levels.",
    ),
    "half a million numbers": (b"a: [" + b"1," * 490_000 + b"1]", f":1: {_TOO_MANY}"),
    "a hundred thousand keys": (
        "".join(f"k{i}: 1\n" for i in range(90_000)).encode(),
        f":20000: {_TOO_MANY}",
    ),
    "forty thousand figures with sources": (
        b"a: [" + b"{value: 1, source: b}, " * 40_000 + b"]",
        f":1: {_TOO_MANY}",
    ),
    "two megabytes": (GOOD.encode() + b"# more\n" * 300_000, f": {_TOO_LONG}"),
    "a text that never ends": (
        b"gigaplan: 1\ntitle: '" + b"so on " * 100_000,
        ":2: is not valid YAML: found unexpected end of stream. A quotation mark is never closed.",
    ),
}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("what", WHOLE_FILES)
def test_a_file_that_is_no_programme_is_refused_in_one_line(what: str) -> None:
    data, says = WHOLE_FILES[what]
    Path(FILE).write_bytes(data)
    begin = time.process_time()
    with pytest.raises(InputError) as caught:
        read_programme(FILE)
    assert str(caught.value) == FILE + says
    assert time.process_time() - begin < MOST_SECONDS


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"^programme\.yaml: there is no such file\.$"):
        read_programme(FILE)


def test_a_folder_is_not_read_as_a_file() -> None:
    Path(FILE).mkdir()
    with pytest.raises(InputError, match=r"^programme\.yaml: is a folder; a programme is one"):
        read_programme(FILE)


def test_a_name_no_file_can_have_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_programme("x" * 5000)


def test_of_a_thousand_problems_fifty_are_shown_and_the_rest_counted() -> None:
    Path(FILE).write_text(GOOD + "".join(f"extra_{i}: 1\n" for i in range(1000)), "utf-8")
    begin = time.process_time()
    with pytest.raises(InputError) as caught:
        read_programme(FILE)
    told = str(caught.value).splitlines()
    assert len(told) == 51
    assert told[0].startswith(f"{FILE}:138: extra_0: unknown key.")
    assert told[-1] == f"{FILE}: and 950 more problems."
    assert time.process_time() - begin < MOST_SECONDS
