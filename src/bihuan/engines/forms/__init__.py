"""Form definitions and the validation of what a person typed into one."""
