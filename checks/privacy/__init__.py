"""What the data, and a model's answers, give away about people."""
