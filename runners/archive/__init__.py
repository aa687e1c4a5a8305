"""Many stored bundles at once: gone through, verified, judged, summed up."""
