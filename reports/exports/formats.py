"""The formats by name, each with what makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment
    from proofbox.reports.exports.entries import Locations

Format = Literal["junit", "sarif", "oscal", "cyclonedx", "summary"]
FORMATS: tuple[Format, ...] = ("junit", "sarif", "oscal", "cyclonedx", "summary")


def export_bytes(
    kind: Format, assessment: Assessment, locations: Locations | None = None, language: str = "en"
) -> bytes:
    """Return an assessment in one of the formats; the others are not imported.

    Raises
    ------
    CanonicalError
        The record cannot be said in canonical JSON.
    """
    if kind == "junit":
        from proofbox.reports.exports.junit import junit_xml

        return junit_xml(assessment, locations, language)
    if kind == "sarif":
        from proofbox.reports.exports.sarif import sarif_json

        return sarif_json(assessment, locations, language)
    if kind == "oscal":
        from proofbox.reports.exports.oscal import oscal_json

        return oscal_json(assessment, language)
    if kind == "cyclonedx":
        from proofbox.reports.exports.cyclonedx import cyclonedx_json

        return cyclonedx_json(assessment, language)
    if kind == "summary":
        from proofbox.reports.exports.summary import summary_markdown

        return summary_markdown(assessment, locations, language).encode()
    assert_never(kind)
