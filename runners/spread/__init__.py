"""One assessment spread over several hands: sandboxed hosts of the model on this machine, or on the nodes of Ray."""
