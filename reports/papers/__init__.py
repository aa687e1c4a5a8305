"""Papers that the law asks for: forms as data, filled in from one bundle, written as HTML, PDF, DOCX and JSON."""
