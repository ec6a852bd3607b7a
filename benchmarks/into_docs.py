"""Put what a script prints between the markers of a page of the docs.

Run ``python benchmarks/SCRIPT ... | python benchmarks/into_docs.py PAGE PART``. The markers are
``<!-- begin: PART -->`` and ``<!-- end: PART -->``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def put(page: Path, part: str, text: str) -> None:
    """Replace what stands between the markers of `part` in a Markdown page."""
    begin, end = f"<!-- begin: {part} -->\n", f"<!-- end: {part} -->"
    old = page.read_text("utf-8")
    if old.count(begin) != 1 or old.count(end) != 1:
        sys.exit(f"{page} has no single pair of markers for '{part}'")
    before, rest = old.split(begin)
    after = rest.split(end)[1]
    page.write_text(f"{before}{begin}\n{text.strip()}\n\n{end}{after}", "utf-8")


def main() -> None:
    """Read standard input and put it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("part")
    asked = parser.parse_args()
    text = sys.stdin.read()
    if not text.strip():
        sys.exit("nothing came from standard input; the page is left as it was")
    put(asked.page, asked.part, text)


if __name__ == "__main__":
    main()
