"""A regulator's decisions on submitted bundles: each signed, each linked to the one before, none overwritten."""
