"""What the customer wants: class, grade, consent, rework, closure. A case runs on a process."""
