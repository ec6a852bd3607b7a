"""Adds up a dispatched year, and its months."""
