"""The report as a PDF: the same view as the page, laid out as a paper. Nothing here computes a number."""
