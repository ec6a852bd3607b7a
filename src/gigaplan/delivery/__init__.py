"""When it will really be online, and what it will really cost: by month and draw."""
