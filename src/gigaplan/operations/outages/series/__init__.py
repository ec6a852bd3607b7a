"""From changes of MW to MW available by source and hour."""
