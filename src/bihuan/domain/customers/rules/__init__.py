"""Pure decisions about customers: what a row of a file means, and which files are the same customer."""
