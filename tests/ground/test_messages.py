"""Strings from the sources to the catalogue and to the screen, without the system's gettext."""

import gettext as gnu
import shutil
import subprocess
import sys

import pytest

from helpdesk.local.environment import ROOT


@pytest.fixture
def tree(tmp_path):
    """A small product with one template and one module."""
    for name in ("babel.cfg", "scripts"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "views.py").write_text(
        "from django.utils.translation import gettext_lazy as _, pgettext_lazy, ngettext\n"
        "_('Reply')\npgettext_lazy('verb', 'Open')\nngettext('%(n)d ticket', '%(n)d tickets', 2)\n"
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        "{{ _('Reply') }} {% trans n=2 %}{{ n }} note{% pluralize %}{{ n }} notes{% endtrans %}\n"
    )
    return tmp_path


def messages(tree, command):
    return subprocess.run(
        [sys.executable, "scripts/messages.py", command], cwd=tree, capture_output=True, text=True
    )


def catalogue(tree):
    return tree / "locale" / "ru" / "LC_MESSAGES" / "django.po"


def translate(tree, **pairs):
    text = catalogue(tree).read_text()
    for original, translation in pairs.items():
        text = text.replace(f'msgid "{original}"\nmsgstr ""', f'msgid "{original}"\nmsgstr "{translation}"')
    catalogue(tree).write_text(text)


def test_a_string_goes_from_source_to_screen(tree):
    assert messages(tree, "extract").returncode == 0
    assert messages(tree, "check").returncode == 1
    translate(tree, Reply="Ответить", Open="Открыть")
    text = catalogue(tree).read_text()
    forms = {
        "%(n)d tickets": ("%(n)d обращение", "%(n)d обращения", "%(n)d обращений"),
        "%(n)s notes": ("%(n)s заметка", "%(n)s заметки", "%(n)s заметок"),
    }
    for plural, russian_forms in forms.items():
        head, tail = text.split(f'msgid_plural "{plural}"')
        for number, form in enumerate(russian_forms):
            tail = tail.replace(f'msgstr[{number}] ""', f'msgstr[{number}] "{form}"', 1)
        text = f'{head}msgid_plural "{plural}"{tail}'
    catalogue(tree).write_text(text)
    checked = messages(tree, "check")
    assert checked.returncode == 0, checked.stdout

    assert messages(tree, "compile").returncode == 0
    with catalogue(tree).with_suffix(".mo").open("rb") as file:
        russian = gnu.GNUTranslations(file)
    assert russian.gettext("Reply") == "Ответить"
    assert russian.pgettext("verb", "Open") == "Открыть"
    assert russian.ngettext("%(n)d ticket", "%(n)d tickets", 5) % {"n": 5} == "5 обращений"
    assert russian.ngettext("%(n)d ticket", "%(n)d tickets", 22) % {"n": 22} == "22 обращения"


def test_extracting_twice_changes_nothing_and_keeps_translations(tree):
    messages(tree, "extract")
    translate(tree, Reply="Ответить")
    before = catalogue(tree).read_text()
    messages(tree, "extract")
    assert catalogue(tree).read_text() == before
    assert 'msgstr "Ответить"' in before


def test_a_string_no_longer_used_leaves_the_catalogue(tree):
    messages(tree, "extract")
    (tree / "templates" / "page.html").write_text("")
    messages(tree, "extract")
    assert "%(n)d note" not in catalogue(tree).read_text()
    assert "Reply" in catalogue(tree).read_text()


def test_a_placeholder_lost_in_translation_is_found(tree):
    (tree / "desk" / "views.py").write_text(
        "from django.utils.translation import gettext as _\n_('Hello, %(name)s')\n"
    )
    (tree / "templates" / "page.html").write_text("")
    messages(tree, "extract")
    translate(tree, **{"Hello, %(name)s": "Здравствуйте, %(imya)s"})
    checked = messages(tree, "check")
    assert checked.returncode == 1
    assert "Hello, %(name)s" in checked.stdout
