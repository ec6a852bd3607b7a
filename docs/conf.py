"""Sphinx configuration. The programme reference and the JSON Schema are made from the models."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import programme_reference  # noqa: E402

from gigaplan.core.version import VERSION  # noqa: E402

project = "gigaplan"
author = "The gigaplan developers"
copyright = "The gigaplan developers, Apache-2.0"
version = release = VERSION

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
# index.md lists the answers of meta-compute, which are written last
suppress_warnings = ["toc.not_readable"]

html_theme = "furo"
html_title = f"gigaplan {VERSION}"
html_extra_path = ["_build/published"]
html_static_path: list[str] = []

programme_reference.write(HERE / "programme-reference.md")
programme_reference.write_schema(HERE / "_build" / "published" / "programme.schema.json")
