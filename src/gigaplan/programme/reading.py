"""Reading a programme: file to checked model, with errors for the person who wrote it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from gigaplan.core.errors import InputError, Problem, nearest
from gigaplan.programme.base import Strict, Text
from gigaplan.programme.model import Programme
from gigaplan.programme.quantities import describe
from gigaplan.programme.ranges import checked_ranges
from gigaplan.programme.schema import kinds_at, model_at
from gigaplan.programme.yaml_tree import (
    FieldPath,
    SourceNote,
    YamlTree,
    dotted,
    nearest_line,
    read_tree,
)

MOST_PROBLEMS = 50


def _year_as_text(found: Any) -> Any:
    return str(found) if type(found) is int else found


SourceDate = Annotated[Text, BeforeValidator(_year_as_text)]


class Source(Strict):
    """A work that figures of a programme are from."""

    title: Text = Field(description="Title, and who published it.")
    url: Text | None = Field(None, description="Where it can be read.")
    date: SourceDate | None = Field(None, description="When: a year, a month or a day.")


@dataclass(frozen=True)
class ProgrammeFile:
    """A programme with what its file says beyond the model.

    Parameters
    ----------
    programme : Programme
        What the user wrote, checked.
    folder : Path
        Folder that relative paths in it start from.
    sources : mapping of str to Source
        The works its figures are from.
    figure_sources : mapping of field path to SourceNote
        Where each sourced figure is from.
    lines : mapping of field path to int
        Where each field stands.
    shown : str
        How messages name the file.
    text : str
        The file as written.
    """

    programme: Programme
    folder: Path
    sources: Mapping[str, Source]
    figure_sources: Mapping[FieldPath, SourceNote]
    lines: Mapping[FieldPath, int]
    shown: str
    text: str

    def line_of(self, path: FieldPath) -> int:
        """Return the line of a field, or of the nearest field that holds it."""
        return nearest_line(self.lines, path)


def read_programme(path: Path | str, shown: str | None = None) -> ProgrammeFile:
    """Read and check a programme file.

    Raises
    ------
    InputError
        With every problem found, each with file, line and field.
    """
    path = Path(path)
    tree = read_tree(path, shown)
    values = dict(tree.value)
    sources, problems = _read_sources(values.pop("sources", None), tree)
    problems += _unknown_sources(tree)
    figure_sources, wrong_ranges = checked_ranges(tree)
    problems += wrong_ranges
    programme = None
    try:
        programme = Programme.model_validate(values)
    except ValidationError as error:
        problems += _problems(error, tree)
    if programme is not None:
        problems += _missing_files(programme, path.parent, tree)
    if programme is None or problems:
        raise InputError(_shown(problems, tree.file))
    return ProgrammeFile(
        programme, path.parent, sources, figure_sources, tree.lines, tree.file, tree.text
    )


def _shown(problems: list[Problem], file: str) -> list[Problem]:
    """Return problems in line order; of very many, the first and how many more there are."""
    in_order = sorted(problems, key=lambda problem: problem.line)
    more = len(in_order) - MOST_PROBLEMS
    if more <= 0:
        return in_order
    return [*in_order[:MOST_PROBLEMS], Problem(f"and {more:,} more problems.", file=file)]


def _read_sources(found: Any, tree: YamlTree) -> tuple[dict[str, Source], list[Problem]]:
    if found is None:
        return {}, []
    if not isinstance(found, dict):
        message = (
            f"found {describe(found)}; map a short name to a title, url and date for each source."
        )
        return {}, [_problem_at(tree, ("sources",), message)]
    out: dict[str, Source] = {}
    problems: list[Problem] = []
    for key, value in found.items():
        try:
            out[str(key)] = Source.model_validate(value)
        except ValidationError as error:
            problems += _problems(error, tree, ("sources", key), Source)
    return out, problems


def _unknown_sources(tree: YamlTree) -> list[Problem]:
    found = tree.value.get("sources")
    if found is not None and not isinstance(found, dict):
        return []  # told already
    known = {str(key) for key in found or {}}
    return [
        Problem(
            f"the source '{note.source}' is not in the file's sources section.",
            field=dotted(path),
            file=tree.file,
            line=tree.line_of((*path, "source")),
            hint=nearest(note.source, known),
        )
        for path, note in tree.sources.items()
        if note.source not in known
    ]


def _missing_files(programme: Programme, folder: Path, tree: YamlTree) -> list[Problem]:
    named: list[tuple[FieldPath, str]] = []
    for key, site in programme.sites.items():
        if site.weather_file is not None:
            named.append((("sites", key, "weather_file", "path"), site.weather_file.path))
    for key, zone in programme.zones.items():
        for name in ("price_file", "carbon_file"):
            file = getattr(zone, name)
            if file is not None:
                named.append((("zones", key, name, "path"), file.path))
    for key, project in programme.power.items():
        if project.estimate.past_projects_file is not None:
            at = ("power", key, "estimate", "past_projects_file")
            named.append((at, project.estimate.past_projects_file))
    problems = []
    for path, name in named:
        try:
            what = "" if (folder / name).is_file() else "there is no file"
            what = "this is a folder, not a file:" if (folder / name).is_dir() else what
        except (OSError, ValueError):
            what = "this cannot be the name of a file:"
        if what:
            hint = "Paths start from the programme's folder."
            problems.append(_problem_at(tree, path, f"{what} {describe(name)}.", hint))
    return problems


def _problems(
    error: ValidationError,
    tree: YamlTree,
    under: FieldPath = (),
    model: type[BaseModel] = Programme,
) -> list[Problem]:
    located = []
    for item in error.errors(include_url=False):
        context = item.get("ctx", {})
        path = _real_path(tree, (*under, *item["loc"], *context.get("at", ())))
        located.append((tree.line_of(path), path, item))
    located.sort(key=lambda found: found[0])
    out: list[Problem] = []
    for i, (_, path, item) in enumerate(located):
        told = item.get("ctx", {}).get("all")
        if told is not None:
            out += [_problem_at(tree, where, message) for where, message in told]
        elif i < MOST_PROBLEMS:
            out.append(_worded(item, path, tree, model))
        else:  # counted, and never shown
            out.append(_problem_at(tree, path, item["msg"]))
    return out


def _problem_at(tree: YamlTree, path: FieldPath, message: str, hint: str = "") -> Problem:
    return Problem(message, field=dotted(path), file=tree.file, line=tree.line_of(path), hint=hint)


def _real_path(tree: YamlTree, loc: FieldPath) -> FieldPath:
    """Drop what pydantic adds to a location: union tags and ``[key]`` marks."""
    path: FieldPath = ()
    kept = [part for part in loc if part != "[key]"]
    for i, part in enumerate(kept):
        if (*path, part) in tree.lines or i == len(kept) - 1:
            path = (*path, part)
    return path


def _worded(item: Any, path: FieldPath, tree: YamlTree, model: type[BaseModel]) -> Problem:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "missing":
        return _problem_at(tree, path, "is missing; it must be given.")
    if kind == "extra_forbidden":
        return _problem_at(tree, path, "unknown key.", _key_hint(path, tree, model))
    if kind.startswith("union_tag"):
        path = (*path, "kind")
    if kind in ("quantity", "programme"):
        return _problem_at(tree, path, context["message"])
    words = {
        "less_than": "found {found}; less than {lt} is allowed.",
        "greater_than_equal": "found {found}; at least {ge} is allowed.",
        "less_than_equal": "found {found}; at most {le} is allowed.",
        "greater_than": "found {found}; it must be above {gt}.",
        "string_type": "found {found}; a text is needed.",
        "string_too_short": "is an empty text.",
        "string_too_long": "is a text of over {max_length} characters.",
        "int_type": "found {found}; a whole number is needed.",
        "bool_type": "found {found}; true or false is needed.",
        "bool_parsing": "found {found}; true or false is needed.",
        "literal_error": "found {found}; allowed: {expected}.",
        "dict_type": "found {found}; a mapping of keys to values is needed.",
        "list_type": "found {found}; a list is needed.",
        "model_type": "found {found}; a mapping of keys to values is needed.",
        "too_short": "is empty; at least {min_length} entry is needed.",
        "finite_number": "found {found}; a finite number is needed.",
        "union_tag_invalid": "found '{tag}'; allowed: {expected_tags}.",
        "union_tag_not_found": "is missing; one of {kinds}.",
        "string_pattern_mismatch": "found {found}; a name has small letters, digits, - and _, "
        "at most 60.",
    }
    is_key = "[key]" in item["loc"]
    found = describe(item["input"] if is_key else tree.at(path, item["input"]))
    hint = ""
    if kind == "literal_error":
        hint = nearest(found.strip("'"), re.findall(r"'([^']*)'", context["expected"]))
    if kind == "union_tag_not_found":
        context = {"kinds": ", ".join(kinds_at(model, _inside(path[:-1], model)))}
    pattern = words.get(
        kind, f"found {{found}}; {item['msg'].replace('{', '(').replace('}', ')')}."
    )
    values = {key: _plain(value) for key, value in context.items()}
    return _problem_at(tree, path, pattern.format(found=found, **values), hint)


def _inside(path: FieldPath, model: type[BaseModel]) -> FieldPath:
    """Return a path within the model that was read: a source stands two levels down."""
    return path[2:] if model is Source else path


def _key_hint(path: FieldPath, tree: YamlTree, model: type[BaseModel]) -> str:
    name = str(path[-1])[:80]
    if re.match(r"\d{3}\b", name):
        return "A comma in a number splits it here; write 1000 or 1_000."
    allowed = _keys_at(model, tree, path[:-1])
    return nearest(name, allowed) or f"Allowed here: {', '.join(sorted(allowed))}."


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _keys_at(model: type[BaseModel], tree: YamlTree, path: FieldPath) -> set[str]:
    """Return the keys allowed at a place of the file, by walking the model's types."""
    value = tree.at(path)
    kind = str(value.get("kind", "")) if isinstance(value, dict) else ""
    return set(model_at(model, _inside(path, model), kind).model_fields)
