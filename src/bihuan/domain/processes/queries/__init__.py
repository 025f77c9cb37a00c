"""What can be asked of processes: rows as values, definitions ready to run, lists for people."""
