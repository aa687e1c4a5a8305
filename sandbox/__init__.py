"""Hold: take in what strangers send and run their models behind walls. This room knows nothing of the others."""
