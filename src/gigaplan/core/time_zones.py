"""Time zones by name or offset."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gigaplan.core.errors import InputError

_OFFSET = re.compile(r"^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$", re.IGNORECASE)
_ETC = re.compile(r"^Etc/GMT([+-])(\d{1,2})$", re.IGNORECASE)


def parse_zone(text: str) -> tzinfo:
    """Return the zone of a name: ``UTC``, ``Etc/GMT+6``, ``-06:00``, ``America/Chicago``.

    Raises
    ------
    InputError
        If there is no such zone.
    """
    name = text.strip()
    if name.upper() in {"UTC", "GMT", "Z"}:
        return UTC
    if match := _ETC.match(name):  # the sign of Etc/GMT names is turned round
        sign = -1 if match[1] == "+" else 1
        return timezone(timedelta(hours=sign * int(match[2])))
    if match := _OFFSET.match(name):
        minutes = 60 * int(match[2]) + int(match[3] or 0)
        if minutes <= 14 * 60:
            return timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"there is no time zone '{text[:60]}'. Write UTC, an offset such as -06:00, or a name "
            "such as Etc/GMT+6 or America/Chicago."
        ) from None
