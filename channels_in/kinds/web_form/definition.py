"""From what administrators have stored to the form that is asked."""

from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from channels_in.kinds.web_form.fields import Choice, Condition, Field, Kind, Labels, Limits
from channels_in.models import FormField, ServiceForm
from people.models import Team
from tickets.models import Brand, Service, Topic

MOST_TOPICS = 200


@dataclass(frozen=True)
class Form:
    """One service's form; without a service, the brand's general one."""

    service: Service | None
    fields: list[Field]
    team: Team | None = None
    intro: Labels = field(default_factory=dict)
    thanks: Labels = field(default_factory=dict)


def form_of(service: Service | None, brand: Brand) -> Form:
    """The form of a service as it is now; one without questions of its own asks the usual ones."""
    if service is None:
        return Form(None, usual_fields())
    rows = list(FormField.objects.filter(service=service).select_related("custom_field", "shown_by"))
    more = ServiceForm.objects.filter(service=service).select_related("team").first()
    fields = fields_of(rows, brand) or usual_fields()
    if more is None:
        return Form(service, fields)
    return Form(service, fields, more.team, more.intro, more.thanks)


def fields_of(rows: list[FormField], brand: Brand | None) -> list[Field]:
    """Rows with their conditions and choices. What fills a topic or a ticket's field offers that one's.

    ``brand``: whose topics; None: only those of all brands.
    """
    topics: list[Choice] | None = None
    found = []
    for row in rows:
        choices = [Choice(one["value"], one["labels"]) for one in row.choices]
        if row.fills == FormField.Fills.TOPIC:
            if topics is None:
                mine = Q(brand=None) | Q(brand=brand) if brand else Q(brand=None)
                wanted = Topic.objects.filter(mine)[:MOST_TOPICS]
                topics = [Choice(str(topic.pk), topic.labels) for topic in wanted]
            choices = topics
        elif row.custom_field is not None and row.kind == Kind.CHOICE:
            choices = [Choice(one["value"], one["labels"]) for one in row.custom_field.choices]
        found.append(
            Field(
                key=row.key,
                kind=Kind(row.kind),
                labels=row.labels,
                help=row.help,
                required=row.required,
                choices=tuple(choices),
                limits=Limits.of(row.limits),
                condition=(
                    Condition(row.shown_by.key, frozenset(map(str, row.shown_values)))
                    if row.shown_by
                    else None
                ),
                fills=row.fills,
                fills_key=row.custom_field.key if row.custom_field else "",
            )
        )
    return found


def in_all_languages(words: Promise) -> dict[str, str]:
    """Words of ours as an administrator would have written them: in each language of the product."""
    found = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found[code] = str(words)
    return found


def usual_fields() -> list[Field]:
    """What a form asks that nobody has edited."""
    return [
        Field("subject", Kind.TEXT, in_all_languages(_("What is it about?")), required=True, fills="subject"),
        Field(
            "details",
            Kind.LONG_TEXT,
            in_all_languages(_("Describe it")),
            help=in_all_languages(_("What happened, what you expected, and since when.")),
            required=True,
            fills="details",
        ),
        Field("attachments", Kind.FILE, in_all_languages(_("Files and screenshots"))),
    ]


def person_fields() -> list[Field]:
    """Asked of whoever is not signed in, before everything else."""
    return [
        Field("name", Kind.TEXT, in_all_languages(_("Your name")), required=True, limits=Limits(length=120)),
        Field(
            "email",
            Kind.EMAIL,
            in_all_languages(_("Your e-mail address")),
            help=in_all_languages(_("Our answer goes there.")),
            required=True,
        ),
    ]
