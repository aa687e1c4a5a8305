"""The public list of approved products, as a page and as JSON."""
