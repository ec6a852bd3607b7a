"""What of the programme serves, costs and earns in each world, month by month."""
