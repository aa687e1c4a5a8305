"""What every check owes, whoever wrote it: one suite for ours, and for those of others."""
