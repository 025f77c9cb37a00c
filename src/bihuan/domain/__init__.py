"""Tables and the rules that guard them."""
