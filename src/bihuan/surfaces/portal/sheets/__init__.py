"""What the portal's pages show, worked out before they are drawn."""
