"""A submission's first day: guess what can be guessed, write it with comments, and let a person correct it."""
