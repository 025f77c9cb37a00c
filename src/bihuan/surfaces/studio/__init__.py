"""Where process designers draw processes, fill decision tables, try them, publish them and read guides."""
