"""Signatures of models: what one says, who may have signed, and the chain to whom the operator trusts."""
