"""One hour: its stack by cost, its price, and what storage may do in it."""
