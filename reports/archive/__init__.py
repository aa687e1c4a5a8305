"""Many stored assessments at once: which controls fail, where and when, and how many attempts it takes."""
