"""What can be done about portfolios: ask for a file, sign, break the glass, hand customers over, correct files."""
