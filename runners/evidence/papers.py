"""Papers of a stored bundle, written into one folder, all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.bundle import read_bundle
from proofbox.reports.folder import refuse_filled, write_folder
from proofbox.reports.papers.form import find_form, forms
from proofbox.reports.papers.writing import Written, written
from proofbox.runners.evidence.bundles import bundle_folder

if TYPE_CHECKING:
    from proofbox.reports.papers.form import Form


def write_papers(
    bundle: Path,
    form_ids: Sequence[str],
    *,
    formats: Sequence[str],
    languages: Sequence[str],
    out: Path,
    tracking_uri: str | None = None,
) -> tuple[Written, ...]:
    """Write the papers of a bundle, and return what was written.

    Parameters
    ----------
    form_ids
        Ids of forms; empty for all.
    out
        Folder to make; it may exist if it is empty.
    tracking_uri
        Store of a run that ``bundle`` names.

    Raises
    ------
    NotABundleError, IncompleteBundleError, TamperedBundleError
        There is no whole bundle at that path.
    UnknownFormError, BundleExistsError, BundleWriteError, LibraryMissingError
        A form is not known, the folder cannot be written, or a format needs a library that is not there.
    """
    refuse_filled(out)
    chosen: tuple[Form, ...] = tuple(map(find_form, dict.fromkeys(form_ids))) or forms()
    with bundle_folder(bundle, tracking_uri) as folder:
        content = read_bundle(folder)
    made = tuple(written(form, content, language, formats) for form in chosen for language in languages)
    write_folder(out, {name: raw for one in made for name, raw in one.files.items()})
    return made
