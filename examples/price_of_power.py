"""What must it earn? A gas plant with a sculpted loan, and the price at which it breaks even."""

from gigaplan import finance


def main() -> None:
    """Print the present value and rate of return at a few prices of power."""
    for price in (70.0, 80.0, 90.0):
        plant = finance.Project(
            capacity_mw=750,
            installed_cost_usd=1.65e9,
            first_year_energy_mwh=5_256_000,
            life_years=30,
            price_usd_per_mwh=price,
            operating=finance.OperatingCosts(
                capacity_usd_per_kw_year=33.5,
                production_usd_per_mwh=2.1,
                fuel_usd_per_mmbtu=3.5,
                heat_rate_mmbtu_per_mwh=6.3,
            ),
            depreciation={"macrs_20": 1.0},
            debt=finance.SculptedDebt(
                dscr=1.5, rate_fraction=0.07, tenor_years=18, maximum_fraction=0.7
            ),
        )
        found = finance.evaluate(plant)
        rate = found.irr.value_fraction
        shown = f"{rate:.1%}" if rate is not None else found.irr.reason
        print(f"{price:.0f} USD/MWh: NPV {found.npv_usd / 1e6:,.0f} million USD, IRR {shown}")


if __name__ == "__main__":
    main()
