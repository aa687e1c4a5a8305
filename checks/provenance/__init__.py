"""Where data and model come from, and whether they are what they are said to be."""
