"""A small shop of each brand with the chat on its pages: where a visitor would be.

Its "sign in" shows what a real site does: it signs who its customer is on its own server.
"""

from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.http import require_safe

from channels_in.kinds.chat.tokens import sign_identity
from channels_in.models import ChatWidget
from common import clock
from common.crypto import reveal
from helpdesk.demo.script import load
from people.models import Contact
from portal.colours import palette
from tickets.models import Brand

_COOKIE = "demo_customer"


@lru_cache(maxsize=1)
def _content() -> dict[str, Any]:
    return load("shop")


@require_safe
def first(request: HttpRequest) -> HttpResponse:
    return redirect("demo_shop", "tihiy-pomol")


@require_safe
def shop(request: HttpRequest, slug: str, product: str = "") -> HttpResponse:
    """The shelf, or one product."""
    brand = Brand.objects.filter(slug=slug).first()
    content = _content().get(slug)
    if brand is None or content is None:
        raise Http404
    shown = next((one for one in content["products"] if one["key"] == product), None)
    if product and shown is None:
        raise Http404
    widget = ChatWidget.objects.filter(inbox__brand=brand).select_related("inbox").first()
    customer = _customer(request, brand)
    identity = ""
    if widget is not None and customer is not None:
        identity = _identity(widget, customer)
    with translation.override(brand.language):
        return render(
            request,
            "demo/shop.html",
            {
                "brand": brand,
                "content": content,
                "product": shown,
                "widget": widget,
                "customer": customer,
                "identity": identity,
                "colours": palette(brand.colour),
                "somebody": _somebody(brand),
                "others": Brand.objects.exclude(pk=brand.pk).filter(slug__in=_content()),
            },
        )


def signing(request: HttpRequest, slug: str) -> HttpResponse:
    """Play a customer who has an account at the shop, or nobody again."""
    answer = redirect("demo_shop", slug)
    if request.method == "POST":
        brand = Brand.objects.filter(slug=slug).first()
        somebody = _somebody(brand) if brand else None
        if request.POST.get("out") or somebody is None:
            answer.delete_cookie(_COOKIE)
        else:
            answer.set_cookie(_COOKIE, str(somebody.pk), samesite="Lax", httponly=True)
    return answer


def _somebody(brand: Brand) -> Contact | None:
    """A customer of the stories who speaks the shop's language."""
    found = Contact.objects.filter(language=brand.language, identities__kind="email", tickets__brand=brand)
    return found.order_by("pk").first()


def _customer(request: HttpRequest, brand: Brand) -> Contact | None:
    somebody = _somebody(brand)
    signed_in = somebody is not None and request.COOKIES.get(_COOKIE) == str(somebody.pk)
    return somebody if signed_in else None


def _identity(widget: ChatWidget, customer: Contact) -> str:
    claims = {
        "email": customer.address,
        "name": customer.name,
        "attributes": {"orders": 4, "loyalty": "silver"},
        "exp": int((clock.now() + timedelta(hours=12)).timestamp()),
    }
    return sign_identity(claims, reveal(widget.identity_secret))
