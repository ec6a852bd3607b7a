"""Hours in which the merit order is all that happens, several at a time."""
