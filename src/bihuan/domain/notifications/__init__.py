"""What staff are told: notices on their pages, and messages to channels outside. Not who must be told."""
