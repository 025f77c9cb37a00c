"""The pages of the studio: each turns a request into one query or one action."""
