"""Groups of people compared: their outcomes, their gaps, their crossings, and groups against everybody else."""
