"""A corpus of artefacts: harmless attacks of every family, and honest models (``benchmarks/artefact_scan.py``)."""
