"""When will it be online? A reactor whose licence may be refused, in stages."""

import numpy as np

from gigaplan import delivery


def main() -> None:
    """Print the P10, P50 and P90 of the date of service, and the chance that it never comes."""
    activities = [
        delivery.Activity(
            "licence", delivery.Quantiles(18, 24, 42), approval=delivery.Approval(0.8)
        ),
        delivery.Activity("forgings", delivery.Quantiles(24, 30, 48)),
        delivery.Activity("construct", delivery.Quantiles(36, 48, 84), ["licence", "forgings"]),
        delivery.Activity("commission", delivery.Quantiles(6, 9, 18), ["construct"]),
    ]
    found = delivery.simulate(activities, draws=20_000, seed=1)
    months = found.finish("commission")
    never = np.mean(np.isinf(months))
    low, middle, high = np.quantile(months[np.isfinite(months)], (0.1, 0.5, 0.9))
    print(f"if licensed: {low:.0f}, {middle:.0f}, {high:.0f} months (P10, P50, P90)")
    print(f"never: {never:.0%}")


if __name__ == "__main__":
    main()
