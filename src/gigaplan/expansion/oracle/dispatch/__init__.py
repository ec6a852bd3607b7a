"""The dispatch that belongs to the water values."""
