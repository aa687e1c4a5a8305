"""Many submissions, one after another or side by side, each in a process of its own."""
