"""What is done with a stored bundle: opened, verified, judged again, exported, printed, published."""
