"""Commit before the future is known: scenarios from delivery, plans by expansion, value on both."""
