from channels_in.models.bot import BotFlow, BotFlowVersion
from channels_in.models.chat import ChatBan, ChatLine, ChatSession, ChatUpload, ChatWidget
from channels_in.models.form import FormConfirmation, FormField, ServiceForm, WebForm
from channels_in.models.guard import AutomaticMail, BlockedSender
from channels_in.models.inbound import Inbound
from channels_in.models.inbox import Inbox
from channels_in.models.outbound import Outbound
from channels_in.models.telegram import TelegramBot, TelegramCall, TelegramFile, TelegramLink
from channels_in.models.thread import MailReference, Thread, ThreadMessage

__all__ = [
    "AutomaticMail",
    "BlockedSender",
    "BotFlow",
    "BotFlowVersion",
    "ChatBan",
    "ChatLine",
    "ChatSession",
    "ChatUpload",
    "ChatWidget",
    "FormConfirmation",
    "FormField",
    "Inbound",
    "Inbox",
    "MailReference",
    "Outbound",
    "ServiceForm",
    "TelegramBot",
    "TelegramCall",
    "TelegramFile",
    "TelegramLink",
    "Thread",
    "ThreadMessage",
    "WebForm",
]
