"""What the provider handed in: its words, its data files, and every mistake in them told at once, with its place."""
