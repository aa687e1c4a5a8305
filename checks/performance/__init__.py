"""How often the model is right."""
