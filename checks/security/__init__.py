"""What the submitted files could do to whoever opens them."""
