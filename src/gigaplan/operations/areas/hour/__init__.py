"""One hour of joined areas: flows, then storage."""
