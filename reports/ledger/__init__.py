"""The attempt ledger: what was going to be measured, written down before it was, and what came of it."""
