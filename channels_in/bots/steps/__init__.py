"""The kinds of steps that come with the product."""

from channels_in.bots.registry import register
from channels_in.bots.steps.ask import Ask
from channels_in.bots.steps.check import Check
from channels_in.bots.steps.menu import Menu
from channels_in.bots.steps.offer import Offer
from channels_in.bots.steps.person import Person
from channels_in.bots.steps.say import Say
from channels_in.bots.steps.ticket import Ticket

for kind in (Say(), Menu(), Ask(), Check(), Offer(), Ticket(), Person()):
    register(kind)
