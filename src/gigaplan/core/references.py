"""Compiled loops that hand arrays on without counting who refers to them.

Counting is an atomic operation at every call and slice; loops that call much on short pieces spend
most of their time on it. An outer function, which makes the room that is worked in, borrows its
arrays; the inner ones are compiled without counting at all, which would else be called for, to
find that there is nothing to count.
"""

from __future__ import annotations

from typing import Any

import numba as nb
from numba import types
from numba.extending import intrinsic


def uncounted(**options: Any) -> Any:
    """Return the decorator of a compiled inner function, which takes Numba's own options.

    Such a function makes no array and returns none; nor does what it calls.
    """
    return nb.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, **options)


def _without_owner(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return a value whose arrays, tuples of arrays gone into, name no owner."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = array.meminfo.type(None)
        array.parent = array.parent.type(None)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for i, member in enumerate(kind.types):
            part = _without_owner(context, builder, member, builder.extract_value(value, i))
            value = builder.insert_value(value, part, i)
    return value


@intrinsic  # type: ignore[untyped-decorator]
def borrowed(typing_context: Any, value: Any) -> Any:
    """Return arrays, or a tuple of them, that are not counted as they are handed on.

    For compiled code only. The caller must keep the arrays themselves until it needs what is
    borrowed no more.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _without_owner(context, builder, signature.args[0], arguments[0])

    return value(value), generate
