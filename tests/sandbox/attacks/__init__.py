"""The attack suite: what hostile models and archives try, and how it is seen from outside whether the walls held.

The files with attacks (``processes``, ``files``, ...) are also the hostile model itself: their text is run behind the
walls. They import the standard library and :mod:`attacks.kit` alone, and what a library brings is imported inside an
attack. No attack runs bare, and each is harmless should it get through: bounded in number, size and time, aimed at the
suite's own decoys, canaries and listeners.
"""
