"""``proofbox papers``: the papers that the law asks for, drafted from one evidence bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import rich_click as click

from proofbox.runners.commands.options import json_option, lang_option, tracking_uri_option

FORMATS = ("html", "pdf", "docx", "json")
LANGUAGES = ("vi", "en")


@click.group("papers")
def command() -> None:
    """Draft dossiers, reports and sheets from an evidence bundle (docs/papers.md).

    What is written is a draft: a person completes it and answers for it. No paper is a licence, certificate or
    conformity decision, and each says so on every page.
    """


@command.command("list")
@lang_option
@json_option
def list_forms(lang: str, **given: object) -> None:
    """List the forms that there are, and the clauses that ask for them."""
    from proofbox.reports.i18n import Translator
    from proofbox.reports.papers.filling import basis_in_words
    from proofbox.reports.papers.form import forms

    if given["json"]:
        listed = [
            {
                "id": form.id,
                "title": dict(form.title.words()),
                "basis": [one.model_dump() for one in form.basis],
                "controls": list(form.controls()),
            }
            for form in forms()
        ]
        print(json.dumps(listed, ensure_ascii=False))
        return
    for form in forms():
        print(f"{form.id}: {form.title.words()[lang]}")
        print(f"    {basis_in_words(form.basis, Translator(lang))}")


@command.command("write")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--form", "form_ids", multiple=True, help="A form's id ('papers list'); repeatable.  [default: all]")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(FORMATS),
    help="Repeatable; pdf and docx need the extra 'papers'.  [default: html]",
)
@click.option("--lang", "languages", multiple=True, type=click.Choice(LANGUAGES), help="Repeatable.  [default: vi]")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to make; it may exist if empty.")
@tracking_uri_option
@json_option
def write(bundle: Path, form_ids: tuple[str, ...], **given: object) -> None:
    """Write the papers of BUNDLE into a new folder, filled in as far as the evidence goes.

    BUNDLE is a folder, its .zip, or mlflow:RUN_ID; one that was altered is refused (exit code 1). Controls that a form
    rests on and the bundle lacks are named.

    Example: proofbox papers write evidence --form ai08 --format docx --out papers
    """
    from proofbox.runners.evidence.papers import write_papers

    out = cast("Path", given["out"])
    made = write_papers(
        bundle,
        form_ids,
        formats=tuple(dict.fromkeys(cast("tuple[str, ...]", given["formats"]))) or FORMATS[:1],
        languages=tuple(dict.fromkeys(cast("tuple[str, ...]", given["languages"]))) or LANGUAGES[:1],
        out=out,
        tracking_uri=cast("str | None", given["tracking_uri"]),
    )
    if given["json"]:
        print(json.dumps({"out": str(out), "papers": [one.to_json() for one in made]}, ensure_ascii=False))
        return
    for one in made:
        print(f"{one.form} ({one.language}): {one.left} of {one.places} places are left for a person")
        if one.lacking:
            print(f"    not judged in this bundle: {', '.join(one.lacking)}")
        for name in one.files:
            print(f"    {out / name}")
    print("Drafts, for a person to complete and answer for.")
    print("Pre-sandbox test evidence: not a licence, not a certificate, not a conformity decision.")
