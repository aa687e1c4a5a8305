"""One file per sub-command; each imports what it needs only when it is called."""
