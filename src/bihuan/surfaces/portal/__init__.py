"""The public portal: requests without an account, progress, and the customer's own answer. Made for phones first."""
