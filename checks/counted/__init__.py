"""Rows, counted once: codes of columns, the joint table of an assessment, and the groups that rows fall into."""
