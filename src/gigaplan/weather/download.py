"""Fetching real weather for those online, through pvlib's clients of PVGIS and NSRDB."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from gigaplan.core.errors import GigaplanError, InputError, require

Source = Literal["pvgis", "nsrdb"]
_HEADER = "time_utc,temp_c,rel_humidity_pct,pressure_pa,ghi_w_per_m2,dni_w_per_m2,dhi_w_per_m2,"
_OURS = ("temp_air", "relative_humidity", "pressure", "ghi", "dni", "dhi", "wind_speed")


class DownloadError(GigaplanError):
    """Weather could not be fetched; says from where and why."""


def download(
    latitude: float,
    longitude: float,
    source: Source = "pvgis",
    *,
    out: str | Path,
    year: int | None = None,
    api_key: str = "",
    email: str = "",
    timeout_seconds: float = 60.0,
) -> Path:
    """Fetch a year of hourly weather and write it as a CSV file that `read_weather` reads.

    Parameters
    ----------
    latitude, longitude : float
        Place wanted.
    source : {"pvgis", "nsrdb"}
        PVGIS gives a typical year of most of the world and needs no key; NSRDB gives a year of
        the Americas and needs a key of NREL and the e-mail address it was given to.
    out : str or Path
        File to write; it must not exist.
    year : int, optional
        Year wanted of NSRDB; 2022 if left out. PVGIS gives a typical year only.
    api_key, email : str
        For NSRDB.
    timeout_seconds : float
        How long to wait for the service.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        If the request is wrong or the file exists.
    DownloadError
        If the service cannot be reached or refuses.
    """
    target = Path(out)
    require(-90 <= latitude <= 90, f"latitude {latitude:g} is outside -90 to 90.")
    require(-180 <= longitude <= 180, f"longitude {longitude:g} is outside -180 to 180.")
    require(not target.exists(), f"{target} is there already; name another file or remove it.")
    if source == "pvgis":
        require(year is None, "PVGIS gives a typical year; leave the year out, or use nsrdb.")
        frame = _fetched("PVGIS", _pvgis, latitude, longitude, timeout_seconds)
    elif source == "nsrdb":
        require(
            bool(api_key) and bool(email),
            "NSRDB needs a key and the e-mail address it was given to: "
            "https://developer.nrel.gov/signup",
        )
        frame = _fetched(
            "NSRDB", _nsrdb, latitude, longitude, timeout_seconds, api_key, email, year or 2022
        )
    else:
        raise InputError(f"'{source}' is no source of weather; there are pvgis and nsrdb.")
    _write(frame, target, _factors(source))
    return target


def _fetched(name: str, fetch: Any, *request: Any) -> Any:
    """Return what a client gives; turn every failure of it into one clear error."""
    try:
        return fetch(*request)
    except Exception as error:
        # the clients raise errors of requests, urllib, json and their own
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise DownloadError(
            f"{name} could not be reached or refused the request ({reason}). Without a network, "
            "use the weather generator (leave weather_file out) or a file you have."
        ) from None


def _pvgis(latitude: float, longitude: float, timeout_seconds: float) -> Any:
    import pvlib

    found = pvlib.iotools.get_pvgis_tmy(
        latitude, longitude, map_variables=True, timeout=timeout_seconds
    )
    return found[0]


def _nsrdb(
    latitude: float,
    longitude: float,
    timeout_seconds: float,
    api_key: str,
    email: str,
    year: int,
) -> Any:
    import pvlib

    found = pvlib.iotools.get_nsrdb_psm4_aggregated(
        latitude,
        longitude,
        api_key,
        email,
        year=year,
        time_step=60,
        map_variables=True,
        timeout=timeout_seconds,
    )
    return found[0]


def _factors(source: Source) -> dict[str, float]:
    """Return what turns a service's units into those of the header."""
    return {"pressure": 100.0} if source == "nsrdb" else {}


def _write(frame: Any, target: Path, factors: dict[str, float]) -> None:
    """Write a table of a service, UTC hours rising; a typical year on the calendar of 2001."""
    missing = [name for name in _OURS if name not in frame.columns]
    if missing:
        raise DownloadError(f"the service's answer lacks {', '.join(missing)}.")
    table = frame[list(_OURS)].copy()
    for name, factor in factors.items():
        table[name] = table[name] * factor
    stamps = table.index.tz_convert("UTC")
    keep = ~((stamps.month == 2) & (stamps.day == 29))
    table, stamps = table[keep], stamps[keep]
    year = int(stamps.year[0]) if len(set(stamps.year)) == 1 else 2001
    order = sorted(
        range(len(stamps)), key=lambda i: (stamps[i].month, stamps[i].day, stamps[i].hour)
    )
    lines = [_HEADER + "wind_m_per_s"]
    for i in order:
        at = stamps[i].replace(year=year)
        cells = ",".join(f"{float(value):.6g}" for value in table.iloc[i])
        lines.append(f"{at:%Y-%m-%d %H:%M},{cells}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
