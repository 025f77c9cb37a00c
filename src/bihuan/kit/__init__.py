"""Django helpers that know no business word."""
