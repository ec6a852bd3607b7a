"""Fuel that runs short."""
