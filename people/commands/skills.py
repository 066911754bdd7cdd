"""Verbs for skills."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from common.labels import validate_labels
from journal.actor import Actor
from journal.record import record
from people.errors import Refused
from people.events import SkillSaved
from people.models import Skill


@transaction.atomic
def save_skill(
    skill_id: int | None, *, actor: Actor, labels: Mapping[str, str], is_active: bool = True
) -> Skill:
    """Make a skill, or rename it or take it out of use. Raises ``Refused`` for one without a name.

    One that is out of use stays with those who have it and with what asks for it.
    """
    labels = {language: name.strip() for language, name in labels.items() if name.strip()}
    try:
        validate_labels(labels)
    except ValidationError as error:
        raise Refused("labels", _("A skill needs a name of at most 200 characters.")) from error
    if skill_id is None:
        skill = Skill.objects.create(labels=labels, is_active=is_active)
    else:
        skill = Skill.objects.select_for_update(no_key=True).get(pk=skill_id)
        if (skill.labels, skill.is_active) == (labels, is_active):
            return skill
        skill.labels, skill.is_active = labels, is_active
        skill.save(update_fields=["labels", "is_active"])
    record(SkillSaved(skill.pk, skill.labels, skill.is_active), actor=actor)
    return skill
