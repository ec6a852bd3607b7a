from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.programme.bundled import locate
from gigaplan.programme.places import SeriesFile, WeatherFile
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.weather import series_for


@cache
def programme(name: str = "one-campus") -> ResolvedProgramme:
    return resolve(read_programme(locate(name)))


def test_every_site_and_zone_has_finite_series_of_the_years_asked_for() -> None:
    series = series_for(programme("meta-compute"), weather_years=2)
    assert set(series.sites) == set(programme("meta-compute").sites)
    assert set(series.zones) == set(programme("meta-compute").zones)
    for site in series.sites.values():
        for values in (site.solar_cf, site.wind_cf, site.pue, site.water_l_per_kwh_it, site.temp_c):
            assert values.shape == (2, 8760)
            assert np.isfinite(values).all()
        assert site.pue.min() > 1
    for zone in series.zones.values():
        for values in (zone.price_usd_per_mwh, zone.carbon_kg_per_mwh, zone.clean_share_fraction):
            assert values.shape == (2, 8760)
            assert np.isfinite(values).all()
    assert all("generated" in note for note in series.notes)


def test_more_years_and_a_second_call_change_no_number() -> None:
    one, two = series_for(programme()), series_for(programme(), weather_years=2)
    for name in one.sites:
        assert np.array_equal(one.sites[name].pue, two.sites[name].pue[:1])
    for name in one.zones:
        assert np.array_equal(
            one.zones[name].price_usd_per_mwh, two.zones[name].price_usd_per_mwh[:1]
        )


def test_a_data_folder_is_used_where_it_has_files_and_every_note_says_which(shared: Path) -> None:
    series = series_for(programme("meta-compute"), data_dir=shared / "data")
    kinds = {name: site.kind for name, site in series.sites.items()}
    assert "real" in kinds.values()
    assert "generated" in kinds.values()
    ercot = [z for name, z in series.zones.items() if "ercot" in name]
    assert ercot[0].price_provenance[0].kind == "real"
    assert any("different years" in note for note in series.notes)
    price = ercot[0].price_provenance[0]
    assert any("USD of 2022 times" in told for told in price.treatments)
    # 64.32 USD of 2022, and prices rose by a tenth to 2025
    assert ercot[0].price_usd_per_mwh.mean() == pytest.approx(64.32 * 1.10, rel=0.02)
    pjm = next(z for name, z in series.zones.items() if "pjm" in name)
    assert "real demand of region PJM-AEP" in pjm.price_provenance[0].source
    assert not any(str(shared) in note for note in series.notes)
    for name, kind in kinds.items():
        assert any(note.startswith(f"weather of {name}: {kind}") for note in series.notes)


def test_a_sites_own_file_comes_first(shared: Path) -> None:
    base = programme()
    path = next((shared / "data/weather").glob("USA_TX_El*.epw"))
    (name, site), *_ = base.sites.items()
    mine = replace(site, weather_file=WeatherFile(path=str(path), format="epw"))
    series = series_for(replace(base, sites={**base.sites, name: mine}))
    assert series.sites[name].kind == "real"
    assert series.sites[name].temp_c.mean() == pytest.approx(17.98, abs=0.01)


def test_a_zones_own_price_and_carbon_come_first(tmp_path: Path) -> None:
    path = tmp_path / "zone.csv"
    rows = "".join(f"{h},{20 + h % 24},{300 + h % 24}\n" for h in range(8760))
    path.write_text("hour,price,carbon\n" + rows)
    base = programme()
    (name, zone), *_ = base.zones.items()
    mine = replace(
        zone,
        price_file=SeriesFile(path=str(path), column="price", unit="usd_per_mwh"),
        carbon_file=SeriesFile(path=str(path), column="carbon", unit="kg_per_mwh"),
    )
    found = series_for(replace(base, zones={**base.zones, name: mine}), weather_years=2).zones[name]
    assert np.array_equal(found.price_usd_per_mwh[1], 20 + np.arange(8760) % 24)
    assert found.price_provenance[0].kind == "real"
    assert found.clean_share_fraction.mean() == pytest.approx(zone.clean_share_fraction)


def test_a_missing_file_or_folder_is_told(tmp_path: Path) -> None:
    base = programme()
    (name, site), *_ = base.sites.items()
    lost = replace(site, weather_file=WeatherFile(path="lost.epw", format="epw"))
    with pytest.raises(InputError, match=r"lost\.epw: there is no such file"):
        series_for(replace(base, sites={**base.sites, name: lost}))
    with pytest.raises(InputError, match="there is no such folder of data"):
        series_for(base, data_dir=tmp_path / "none")
