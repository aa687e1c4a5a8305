"""How steady the model's decisions are."""
