"""Whether the data are sound, and whom they are about."""
