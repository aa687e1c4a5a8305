"""Data that stand in a store elsewhere (``s3``, ``gs``, ``abfs``) or in a file of this machine, fetched as bytes.

Nothing is contacted, and no file is opened, unless the operator allowed the address by name: a submission is untrusted.
"""
