"""Upper may know lower, never the other way: the rule of imports, for ForeignKeys too."""

import tomllib
from pathlib import Path

import pytest
from django.apps import apps

from helpdesk.local.environment import ROOT

CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
LAYERS = [[name.strip(" ()") for name in line.split("|")] for line in CONFIG["contracts"][0]["layers"]]
HEIGHT = {name: len(LAYERS) - i for i, line in enumerate(LAYERS) for name in line}
OURS = [config for config in apps.get_app_configs() if Path(config.path).parent == ROOT]


def relations():
    for config in OURS:
        for model in config.get_models(include_auto_created=True):
            for field in model._meta.get_fields(include_hidden=True):
                if field.concrete and field.is_relation and field.related_model:
                    yield config.label, f"{model.__name__}.{field.name}", field.related_model._meta.app_label


def allowed(source, target):
    # An app of Django's or of a library is below us all.
    return target not in HEIGHT or source == target or HEIGHT[source] > HEIGHT[target]


def test_no_relation_leads_to_a_layer_above_or_beside():
    wrong = [relation for relation in relations() if not allowed(relation[0], relation[2])]
    assert wrong == []


@pytest.mark.parametrize(
    ("source", "target", "verdict"),
    [
        ("tickets", "people", True),
        ("people", "tickets", False),
        ("desk", "portal", False),
        ("desk", "notifications", True),
        ("journal", "auth", True),
    ],
)
def test_the_rule_itself(source, target, verdict):
    assert allowed(source, target) is verdict


def test_every_app_has_a_layer_and_is_linted():
    """A new app that is missing in pyproject.toml would be held to nothing."""
    labels = {config.name for config in OURS}
    assert labels <= set(HEIGHT)
    assert labels <= set(CONFIG["root_packages"])


def test_every_package_of_ours_is_linted():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench", "scripts"}
    assert packages <= set(CONFIG["root_packages"])


def test_network_libraries_are_forbidden_to_every_app_but_those_that_speak():
    forbidden = CONFIG["contracts"][1]
    speaking = {"channels_in", "notifications", "helpdesk"}
    assert set(forbidden["source_modules"]) == set(CONFIG["root_packages"]) - speaking
