"""Hourly dispatch: the compiled loop that serves, sheds, makes up, charges and exports."""
