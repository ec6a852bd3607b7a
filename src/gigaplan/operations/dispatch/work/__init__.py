"""Room that a dispatch works in."""
