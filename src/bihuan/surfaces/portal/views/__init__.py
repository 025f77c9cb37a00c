"""One module per thing the public sees."""
