"""An office's decisions on bundles: taken, signed, and held against what is put into service."""
