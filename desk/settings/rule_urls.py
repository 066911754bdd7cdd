"""Addresses under /settings/ of rules, and of the builder of conditions."""

from django.urls import path

from desk.settings.views import conditions, rules, simulations

R = "rules/<int:rule_id>"

urlpatterns = [
    path("conditions/", conditions.builder, name="condition_builder"),
    path("options/", conditions.options, name="setting_options"),
    path("rules/", rules.rules, name="rules"),
    path("rules/new/", rules.new_rule, name="new_rule"),
    path("rules/order/", rules.rule_order, name="rule_order"),
    path("rules/trigger/", rules.rule_trigger, name="rule_trigger"),
    path("rules/actions/", rules.rule_actions, name="rule_actions"),
    path("rules/matches/", rules.rule_matches, name="rule_matches"),
    path("rules/text/", rules.rule_text, name="rule_text"),
    path("rules/simulations/", simulations.simulations, name="simulations"),
    path("rules/simulations/draft/", simulations.simulation_draft, name="simulation_draft"),
    path("rules/simulations/<int:simulation_id>/", simulations.simulation, name="simulation"),
    path(
        "rules/simulations/<int:simulation_id>/cancel/",
        simulations.simulation_cancel,
        name="simulation_cancel",
    ),
    path(f"{R}/", rules.rule, name="rule"),
    path(f"{R}/move/", rules.rule_move, name="rule_move"),
    path(f"{R}/switch/", rules.rule_switch, name="rule_switch"),
    path(f"{R}/copy/", rules.rule_copy, name="rule_copy"),
    path(f"{R}/removal/", rules.rule_removal, name="rule_removal"),
    path(f"{R}/removal/undo/", rules.rule_removal_undo, name="rule_removal_undo"),
    path(f"{R}/versions/<int:number>/", rules.rule_version, name="rule_version"),
]
