"""Rates of return, many at once."""
