"""Random numbers of outages, and units that fail at a constant rate all year long."""
