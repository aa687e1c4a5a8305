"""Files that a person wrote, read as plain data with positions, or refused with the place and the reason."""
