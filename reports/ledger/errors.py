"""What can be wrong with using a ledger; what is wrong *in* one is a value (:mod:`proofbox.reports.ledger.reading`)."""

from proofbox.reports.errors import ReportsError


class LedgerError(ReportsError):
    """The ledger cannot be read, locked or written; nothing was measured because of it, and nothing was changed."""
