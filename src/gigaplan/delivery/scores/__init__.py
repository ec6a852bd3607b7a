"""Random normal scores: a number depends on its stream's key and its draw alone."""
