"""Label-only evasion: the smallest allowed change that turns a decision, searched for many rows in lock-step."""
