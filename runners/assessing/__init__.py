"""One submission under policies: the plan, its execution, the attempt in the ledger, and going on after a stop."""
