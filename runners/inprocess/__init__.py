"""A model that is an object of the caller's own process: measured and judged without walls."""
