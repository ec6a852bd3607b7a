"""The cost-to-go of a storage: what energy in store is worth, hour by hour."""
