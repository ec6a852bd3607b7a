"""Bridge power: rented or quickly built plant, ordered by a rule when power runs late."""
