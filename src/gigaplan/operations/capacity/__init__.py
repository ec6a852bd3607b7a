"""Capacity against load, with storage and tiers but without prices: many times faster."""
