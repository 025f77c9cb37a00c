"""Process instances and tokens (units of work), and every operation on them."""
