"""What changed between two assessments, and what of it the same rows bear out."""
