"""When units are up: failures, repairs, planned outages, and MW available by hour."""
