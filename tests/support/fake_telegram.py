"""The Bot API server of the demonstration, with people to play and faults to plant, for the tests."""

from helpdesk.demo.telegram.customer import Customer
from helpdesk.demo.telegram.server import FakeTelegram, Fault
from helpdesk.demo.telegram.state import Bot, State

TOKEN = "700100:AAE-this-is-no-real-token-of-Telegram-0"

__all__ = ["TOKEN", "Bot", "Customer", "FakeTelegram", "Fault", "State"]
