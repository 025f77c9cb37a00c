"""What can be asked of portfolios."""
