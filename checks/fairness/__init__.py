"""How differently the model treats groups of people."""
