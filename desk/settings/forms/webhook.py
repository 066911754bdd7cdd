"""One webhook. Reads only; ``notifications.webhooks.commands`` writes."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications.models import Webhook
from tickets.models import Brand


class WebhookForm(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"), help_text=_("Rules call it by this."), max_length=120
    )
    url = forms.CharField(
        label=_("Address"),
        help_text=_("An https:// address on the public network. Redirects are not followed."),
        max_length=1000,
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/hook", "spellcheck": "false"}),
    )
    brand = forms.ModelChoiceField(
        label=_("Only tickets of"), queryset=Brand.objects.none(), required=False, empty_label=_("All brands")
    )
    is_active = forms.BooleanField(
        label=_("In use"),
        help_text=_("Switched off, what rules ask for is kept here as failed."),
        required=False,
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, webhook: Webhook | None = None) -> None:
        initial: dict[str, Any] = {"is_active": True}
        brands = Brand.objects.filter(is_active=True)
        if webhook is not None:
            initial = {name: getattr(webhook, name) for name in ("name", "url", "brand", "is_active")}
            brands |= Brand.objects.filter(webhook=webhook)
        super().__init__(data, initial=initial)
        self.fields["brand"].queryset = brands  # type: ignore[attr-defined]  # a ModelChoiceField
