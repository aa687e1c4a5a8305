"""Publish: the evidence bundle, MLflow, HTML and the rest. This room computes nothing: it shows what was judged."""
