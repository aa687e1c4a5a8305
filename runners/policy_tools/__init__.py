"""Policies, and the law behind them, for a person at a terminal: shown, linted, tried, compared."""
