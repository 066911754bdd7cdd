"""One planted fault of each kind makes `make check` fail: the checks are awake.

They run on a copy of the tree, since a fault planted in the tree itself would be everybody's.
"""

import os
import shutil
import subprocess
import sys

import pytest

from helpdesk.local.environment import ROOT

pytestmark = pytest.mark.slow

LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "var", "tests", "bench", "docs", "vendor", "__pycache__", "*.mo"
)


@pytest.fixture
def tree(tmp_path):
    copy = tmp_path / "tree"
    shutil.copytree(ROOT, copy, ignore=LEFT_BEHIND)
    return copy


def check(tree, name):
    """The check's verdict and words; the copy's own packages are looked at, none of the original."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "scripts/check.py", name], cwd=tree, env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout


def append(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + text)


@pytest.mark.parametrize(
    ("name", "file", "fault", "words"),
    [
        ("layers", "people/planted.py", "import tickets.models\n", "people.planted -> tickets.models (l.1)"),
        ("layers", "portal/planted.py", "import desk\n", "portal.planted -> desk (l.1)"),
        ("layers", "tickets/planted.py", "import httpx\n", "tickets.planted -> httpx (l.1)"),
        ("types", "common/planted.py", "def f(n: int) -> str:\n    return n\n", "common/planted.py:2: error"),
        ("lint", "common/planted.py", "import os\n", "F401"),
        ("lint", "tickets/planted.py", "from urllib.request import urlopen\n\nurlopen\n", "TID251"),
        ("format", "common/planted.py", "x = {  'a':1 }\n", "common/planted.py"),
        ("templates", "templates/planted.html", "<div><p>open</div>\n", "planted.html"),
        (
            "translations",
            "desk/planted.py",
            "from django.utils.translation import gettext as _\n\n_('Nobody has translated this yet')\n",
            "not in the catalogue: 'Nobody has translated this yet'",
        ),
        (
            "translations",
            "templates/planted.html",
            "{% trans count=1 %}{{ count }} planted{% pluralize %}{{ count }} planteds{% endtrans %}\n",
            "planted",
        ),
        (
            "migrations",
            "journal/models.py",
            "\n\nclass Planted(models.Model):\n    name = models.CharField(max_length=10)\n",
            "Planted",
        ),
        ("deploy", "helpdesk/settings.py", "\nSESSION_COOKIE_SECURE = False\n", "security.W012"),
    ],
)
def test_a_planted_fault_is_found(tree, name, file, fault, words):
    append(tree / file, fault)
    code, said = check(tree, name)
    assert code == 1, said
    assert words in said


def test_a_fuzzy_or_half_translated_string_is_found(tree):
    """Both kinds of "not quite": a guess that nobody confirmed, and a plural with a form missing."""
    catalogue = tree / "locale" / "ru" / "LC_MESSAGES" / "django.po"
    (tree / "common" / "planted.py").write_text(
        "from django.utils.translation import gettext as _, ngettext\n\n"
        "_('Planted guess')\nngettext('%(n)d plant', '%(n)d plants', 2)\n"
    )
    append(
        catalogue,
        '\n#, fuzzy\nmsgid "Planted guess"\nmsgstr "Догадка"\n\n#, python-format\nmsgid "%(n)d plant"\n'
        'msgid_plural "%(n)d plants"\nmsgstr[0] "%(n)d росток"\nmsgstr[1] "%(n)d ростка"\nmsgstr[2] ""\n',
    )
    code, said = check(tree, "translations")
    assert code == 1
    assert "fuzzy: 'Planted guess'" in said
    assert "not translated: '%(n)d plant'" in said
