"""``proofbox run``: the main job, and what makes it fail."""
