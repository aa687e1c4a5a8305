"""Whether what is said of a model is there, and no more than was measured."""
