"""Single passes over the vectors of the interior iteration."""
