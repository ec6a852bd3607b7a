"""Slots that go, in each draw, to whoever is ready first."""
