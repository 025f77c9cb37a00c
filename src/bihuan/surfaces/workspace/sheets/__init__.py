"""What templates are handed: frozen values in the words of the page, made from what queries return."""
