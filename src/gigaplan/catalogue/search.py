"""Finding figures by words."""

from __future__ import annotations

from gigaplan.catalogue.entry import title_of
from gigaplan.catalogue.figures import Figure, figures


def search(text: str, *, kind: str | None = None) -> tuple[Figure, ...]:
    """Return the figures that hold every word of `text`, best first.

    A word counts most in an id, then in a name, then in source and note.
    Upper and lower case, ``_`` and ``.`` make no difference.

    Parameters
    ----------
    text : str
        Words, or an id.
    kind : str, optional
        Only this kind.

    Returns
    -------
    tuple of Figure
        Empty if none holds every word.
    """
    words = _plain(text).split()
    if not words:
        return figures(kind=kind)
    scored = []
    for position, figure in enumerate(figures(kind=kind)):
        score = _score(figure, words)
        if score > 0:
            scored.append((-score, position, figure))
    return tuple(figure for _, _, figure in sorted(scored, key=lambda item: item[:2]))


def _score(figure: Figure, words: list[str]) -> int:
    places = (
        (9, _plain(figure.id)),
        (4, _plain(f"{figure.name} {title_of(figure.kind, figure.entry)}")),
        (1, _plain(f"{figure.source_title} {figure.note} {figure.geography} {figure.mark}")),
    )
    total = 0
    for word in words:
        best = max((weight for weight, place in places if word in place), default=0)
        if best == 0:
            return 0
        total += best + (2 if word in places[0][1].split() else 0)
    return total


def _plain(text: str) -> str:
    return text.lower().replace("_", " ").replace(".", " ").replace("-", " ")
