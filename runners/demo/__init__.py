"""``proofbox demo``: two models of real applications, made and assessed."""
