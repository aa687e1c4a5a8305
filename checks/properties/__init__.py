"""What the checks of properties share: the domain, the bank of values, rows near real ones, the smallest case."""
