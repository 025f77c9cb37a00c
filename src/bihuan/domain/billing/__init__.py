"""Price lists by region and period, charges and refunds."""
