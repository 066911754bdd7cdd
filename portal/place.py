"""Where a customer is: the brand, the language, and who they are if they have said so."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse

from people.models import Contact
from portal import colours, words
from portal.models import PortalSession
from tickets.customers import Customer
from tickets.models import Brand


@dataclass
class Place:
    """``base`` is what every address begins with: nothing on the brand's own host."""

    brand: Brand
    base: str
    language: str
    session: PortalSession | None = None

    @property
    def contact(self) -> Contact | None:
        return self.session.contact.person if self.session else None

    @cached_property
    def customer(self) -> Customer:
        """Whom the door is asked for. Only where ``signed_in`` was asked of the view."""
        if self.session is None:
            raise LookupError("nobody is signed in")
        return Customer(self.session.contact, self.brand)

    @property
    def languages(self) -> list[str]:
        return self.brand.languages

    @property
    def palette(self) -> colours.Palette:
        return colours.palette(self.brand.colour)

    def to(self, name: str, *args: object) -> str:
        """The address of a page of this portal, by its name in ``portal.urls``."""
        return self.base + reverse(name, urlconf="portal.urls", args=args)

    @staticmethod
    def query(**parts: object) -> str:
        """The end of an address; what is empty is left out."""
        filled = {name: value for name, value in parts.items() if value not in {"", None, False}}
        return f"?{urlencode(filled)}" if filled else "?"

    @property
    def logo(self) -> str:
        """The address of the brand's picture, or nothing; another picture has another address."""
        path = self.brand.logo_path
        return self.to("portal_logo", path.rpartition("/")[2][:16]) if path else ""

    def words(self) -> dict[str, str]:
        """What the page's scripts say."""
        return words.js_words()
