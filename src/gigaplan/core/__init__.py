"""What every room needs: errors, the calendar, money, random streams. Imports nothing of ours."""
