"""What the post office's forms accept."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_in.models import Inbox

FilePart = tuple[str, str, bytes]


class _Letter(forms.Form):
    text = forms.CharField(label=_("Text"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 6}))
    file = forms.FileField(label=_("A file"), required=False)

    @property
    def files_given(self) -> list[FilePart]:
        file = self.cleaned_data.get("file")
        if not file:
            return []
        return [(file.name or "file", file.content_type or "application/octet-stream", file.read())]


class AnswerForm(_Letter):
    """Answer a mail as one of those who got it."""

    sender = forms.ChoiceField(label=_("You are"))

    def __init__(self, *args: Any, recipients: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sender"].choices = [(one, one) for one in recipients]  # type: ignore[attr-defined]
        self.order_fields(["sender", "text", "file"])


class LetterForm(_Letter):
    """Write as a customer nobody knows yet."""

    name = forms.CharField(label=_("Your name"), max_length=120)
    sender = forms.EmailField(label=_("Your address"))
    to = forms.ChoiceField(label=_("To"))
    subject = forms.CharField(label=_("Subject"), max_length=300, required=False)

    field_order = ("name", "sender", "to", "subject", "text", "file")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inboxes = Inbox.objects.filter(kind="email", is_active=True).only("name", "address")
        self.fields["to"].choices = [(one.address, str(one)) for one in inboxes]  # type: ignore[attr-defined]
