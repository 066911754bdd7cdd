"""Translations by Babel, without the system's gettext.

extract   bring locale/*/LC_MESSAGES/django.po up to date with the sources
compile   make the .mo files that Django reads, if a .po is newer
check     fail unless every string used is translated, none is fuzzy, and plurals have all their forms
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
# The source language is English; its strings are the message ids themselves.
LANGUAGES = ("ru",)
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
SKIPPED = {"tests", "node_modules", "var", "bench", "scripts", "migrations", "locale", "static", "docs"}
# Babel knows gettext's own names; these are Django's lazy ones.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def main(command: str) -> int:
    """Carry out one command for every language; returns the exit code."""
    if command not in {"extract", "compile", "check"}:
        print(__doc__)
        return 2
    problems: list[str] = []
    for language in LANGUAGES:
        path = po_path(language)
        match command:
            case "extract":
                extract(path, language)
            case "compile":
                compile_catalog(path)
            case "check":
                problems += check(path, language)
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} to mend: `make messages`, then translate what is empty.")
    return 1 if problems else 0


def po_path(language: str) -> Path:
    """The catalogue of a language."""
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def read(path: Path, language: str) -> Catalog:
    """The catalogue as it is, or an empty one."""
    if not path.exists():
        return Catalog(
            locale=language,
            domain="django",
            project="Otklik",
            version="1",
            msgid_bugs_address="",
            last_translator="Otklik",
            language_team=language,
            revision_date=BEGINNING,
            creation_date=BEGINNING,
            header_comment="# Translations of Otklik. New strings: make messages",
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=language, domain="django")


def used() -> Catalog:
    """Every string that the sources hand to gettext, with where it stands."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # Babel has few types
    catalog = Catalog(domain="django", project="Otklik", charset="utf-8")
    found = extract_from_dir(
        ROOT, methods, options, KEYWORDS, comment_tags=("Translators:",), directory_filter=is_source
    )
    for filename, _line, message, comments, context in found:
        catalog.add(message, locations=[(filename, 1)], auto_comments=comments, context=context)
    return catalog


def is_source(folder: str | Path) -> bool:
    """Whether strings of ours can stand in a folder."""
    name = Path(folder).name
    return not name.startswith(".") and name not in SKIPPED


def extract(path: Path, language: str) -> None:
    """Merge new strings in, drop those no longer used; nothing is guessed (no fuzzy matching)."""
    catalog = read(path, language)
    template = used()
    template.creation_date = catalog.creation_date  # a date would change with every extraction
    catalog.update(template, no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    catalog.fuzzy = False
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without line numbers a change elsewhere in a file leaves the catalogue alone.
    with path.open("wb") as file:
        write_po(file, catalog, width=110, include_lineno=False, sort_output=True, ignore_obsolete=True)
    empty = sum(1 for _ in incomplete(catalog, catalog))
    print(f"{path.relative_to(ROOT)}: {len(catalog)} strings, {empty} to translate")


def compile_catalog(path: Path) -> None:
    """Write the .mo beside the .po unless it is newer."""
    target = path.with_suffix(".mo")
    if not path.exists() or (target.exists() and target.stat().st_mtime >= path.stat().st_mtime):
        return
    with path.open("rb") as source:
        catalog = read_po(source)
    with target.open("wb") as file:
        write_mo(file, catalog)


def check(path: Path, language: str) -> list[str]:
    """What is wrong with a catalogue, a line each."""
    return list(incomplete(used(), read(path, language)))


def incomplete(wanted: Catalog, catalog: Catalog) -> Iterator[str]:
    """The strings of ``wanted`` that ``catalog`` does not fully and surely translate."""
    for message in wanted:
        if not message.id:
            continue
        singular = message.id if isinstance(message.id, str) else message.id[0]
        where = message.locations[0][0] if message.locations else "?"
        translated = catalog.get(singular, message.context)
        if translated is None:
            yield f"{where}: not in the catalogue: {singular!r}"
        elif translated.fuzzy:
            yield f"{where}: fuzzy: {singular!r}"
        elif not has_all_forms(
            translated.string, catalog.num_plurals, plural=not isinstance(message.id, str)
        ):
            yield f"{where}: not translated: {singular!r}"
        else:
            for error in translated.check(catalog):
                yield f"{where}: {error}: {singular!r}"


def has_all_forms(string: str | list[str] | tuple[str, ...] | None, forms: int, *, plural: bool) -> bool:
    """Whether a translation is there, with as many plural forms as the language has."""
    if not plural:
        return isinstance(string, str) and bool(string)
    return isinstance(string, (list, tuple)) and len(string) == forms and all(string)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
