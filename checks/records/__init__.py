"""Provenance records of four formats, read as one record of named fields that every check of provenance works on."""
