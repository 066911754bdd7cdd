from tickets.models.attachment import Attachment
from tickets.models.brand import Brand, Service, Topic
from tickets.models.custom_field import CustomField
from tickets.models.draft import Draft
from tickets.models.macro import Macro, MacroUse
from tickets.models.message import Direction, Message, MessageKind, SideThread
from tickets.models.message_version import MessageVersion
from tickets.models.search_document import SearchDocument
from tickets.models.status import Category, Status
from tickets.models.ticket import (
    Channel,
    Follower,
    Link,
    Participant,
    Priority,
    ReadMark,
    Tag,
    Tagging,
    Ticket,
)
from tickets.models.view import View

__all__ = [
    "Attachment",
    "Brand",
    "Category",
    "Channel",
    "CustomField",
    "Direction",
    "Draft",
    "Follower",
    "Link",
    "Macro",
    "MacroUse",
    "Message",
    "MessageKind",
    "MessageVersion",
    "Participant",
    "Priority",
    "ReadMark",
    "SearchDocument",
    "Service",
    "SideThread",
    "Status",
    "Tag",
    "Tagging",
    "Ticket",
    "Topic",
    "View",
]
