"""Recognise personal data in values and in the names of columns; nothing here judges or shows a value unmasked."""
