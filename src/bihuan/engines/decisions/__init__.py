"""Decision tables as structured rows, and the row that fires for given values."""
