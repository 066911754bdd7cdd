from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from tickets.models.message import Message
from tickets.models.ticket import Ticket


class SearchDocument(models.Model):
    """The words of one message, with its ticket's subject and its author: kept by tickets.search."""

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="search_document")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="search_documents")
    vector = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["vector"], name="tickets_search_vector", fastupdate=False)]

    def __str__(self) -> str:
        return f"words of {self.message_id}"
