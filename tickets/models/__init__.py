from tickets.models.attachment import Attachment
from tickets.models.brand import Brand, Service, Topic
from tickets.models.broadcast import Broadcast, BroadcastRecipient
from tickets.models.bulk_job import BulkItem, BulkJob
from tickets.models.custom_field import CustomField
from tickets.models.draft import Draft
from tickets.models.later_reply import LaterReply
from tickets.models.macro import Macro, MacroUse
from tickets.models.message import Direction, Message, MessageKind, SideThread
from tickets.models.message_version import MessageVersion
from tickets.models.move_job import MoveJob
from tickets.models.problem import Problem, ProblemKind, Stage
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
from tickets.models.view import USUAL_COLUMNS, Column, Grouping, View, ViewPlace

__all__ = [
    "USUAL_COLUMNS",
    "Attachment",
    "Brand",
    "Broadcast",
    "BroadcastRecipient",
    "BulkItem",
    "BulkJob",
    "Category",
    "Channel",
    "Column",
    "CustomField",
    "Direction",
    "Draft",
    "Follower",
    "Grouping",
    "LaterReply",
    "Link",
    "Macro",
    "MacroUse",
    "Message",
    "MessageKind",
    "MessageVersion",
    "MoveJob",
    "Participant",
    "Priority",
    "Problem",
    "ProblemKind",
    "ReadMark",
    "SearchDocument",
    "Service",
    "SideThread",
    "Stage",
    "Status",
    "Tag",
    "Tagging",
    "Ticket",
    "Topic",
    "View",
    "ViewPlace",
]
