"""Trajectories by month: money spent, compute online."""
