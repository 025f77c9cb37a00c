"""The industry pack format: read a folder of data, report every problem with file, line and remedy."""
