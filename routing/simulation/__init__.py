"""Rules tried on the past: history is replayed in memory, the draft acts on copies of its tickets.

What counts as history is what people and customers did: messages, replies, changes of status, fields, tags
and assignments by hand, switches of availability. It happens again as it did, at its time, by the semantics
of the verbs: a message opens a ticket again that the draft had closed, and a change that the draft has made
impossible fails as it would have failed (a reply that was to set a status is sent alone then). What rules,
waiting lists, shift ends and reopenings did, and whatever that caused, did not happen: here the draft does
it. ``routing.engine`` and ``routing.choosing`` decide, as they do for real; nothing is written and nothing
sent.

An assignment by hand is history and applies, also where the draft had given the ticket to somebody else.

Every due time (a snooze, the end of a shift, a time rule, a planned closing) is met to the microsecond; for
real a sweep meets it some seconds later. Rules react to all that one act has recorded, at its instant.

What is taken as it is now, because nothing tells how it was: shifts, absences and calendars as they are
written down now, contacts' and companies' attributes. Who was available, on which team, with which skills and
capacity is read from the journal.

How tickets are when the replay begins is taken over, also what former rules did to them. Not what those had
in mind: nobody is on the waiting list, no closing is planned, and no time rule whose time had come comes due.
Which tickets are in it says ``history``; docs/decisions/simulation.md gives the reasons.
"""
