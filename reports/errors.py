"""The errors of this room; *tampered*, *incomplete* and *misused* are different classes."""


class ReportsError(Exception):
    """Base of every error that :mod:`proofbox.reports` raises."""


class CanonicalError(ReportsError):
    """The value has no canonical JSON form: not finite, beyond 2**53, or not Unicode."""


class BundleExistsError(ReportsError):
    """The folder for the bundle is there already and holds something."""


class BundleWriteError(ReportsError):
    """The bundle could not be written; nothing of it was left behind."""


class NotABundleError(ReportsError):
    """What was given is no evidence bundle that this version can read."""


class DamagedArchiveError(NotABundleError):
    """The archive of a bundle was cut or changed, or is of a kind that is refused."""


class IncompleteBundleError(ReportsError):
    """A file that the manifest lists is missing."""


class TamperedBundleError(ReportsError):
    """A file differs from what the manifest lists, or the manifest does not know it."""


class SwappedReportError(TamperedBundleError):
    """A report that people read is not the one that was written with the record."""


class PublishError(ReportsError):
    """The tracking store could not be reached or refused; the bundle on disk is untouched."""


class StoreAwayError(PublishError):
    """The tracking store did not answer at all, so that asking it for something else is no use either."""


class UnknownFormError(ReportsError):
    """There is no form of this id."""


class LibraryMissingError(ReportsError):
    """A library of an extra is not installed; the message names the extra."""


class TypesettingError(ReportsError):
    """The typesetter refused a document."""
