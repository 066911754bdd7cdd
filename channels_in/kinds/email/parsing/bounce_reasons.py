"""Why a delivery failed, told from the words and codes of the report (RFC 3463, RFC 5321, and prose).

Only some reasons condemn the address itself; those are ``PERMANENT``. "Mailbox full" with a 5xx code is no
reason to stop writing to somebody, and neither is a refusal for content or reputation.
"""

import re

PERMANENT = frozenset(("user-unknown", "host-unknown", "moved", "no-mail"))
MOST = 8000

# The first that matches wins: specific causes before the general "user unknown".
_WORDS = (
    (
        "rejected",
        (
            r"sender (?:address|domain|verify|verification)?[^.\n]{0,40}(?:reject|fail|denied|not (?:exist"
            r"|found)|refus)|(?:invalid|bad|unknown) sender|mail from .{0,60}not"
        ),
    ),
    ("virus", r"virus|malware|infected|trojan|worm"),
    (
        "mailbox-full",
        (
            r"mailbox (?:is )?(?:full|size|exceed)|mailbox .{0,60}(?:full|quota)|over\s?-?quota"
            r"|quota .{0,30}exceed|exceed\w* .{0,40}(?:quota|storage|allowed space|mailbox)"
            r"|insufficient (?:disk|system storage|storage)|out of (?:disk )?space|disk full"
            r"|not enough (?:storage|space|disk)|user is over|account is full|maildir.{0,20}over"
            r"|no space left|full mailbox|boxfull|mailfolder is full|(?:переполнен|превышена квота"
            r"|ящик (?:пользователя )?полон)|mailbox too large|inbox is full|has exceeded|storage limit"
            r"|mailbox for user is full|message storage"
        ),
    ),
    (
        "too-big",
        (
            r"(?:message|mail|size|body|data) .{0,30}(?:too (?:big|large|long)|exceeds .{0,40}(?:size"
            r"|maximum|limit))|message size|size limit|maximum .{0,20}size|line too long|(?:file"
            r"|message) too large"
        ),
    ),
    (
        "no-mail",
        (
            r"does(?: not|n't) accept (?:any )?(?:e-?)?mail|not accept(?:ing)? (?:any )?(?:e-?)?mail|nullmx"
            r"|null mx|domain .{0,40}not accept|no smtp service|does not receive mail|host accepts no mail"
            r"|mail to .{0,60} is prohibited because"
        ),
    ),
    (
        "moved",
        (
            r"has moved|user .{0,30}moved|new (?:e-?mail )?address|no longer (?:employed|works|with|at)"
            r"|address .{0,20}has been changed|recipient has changed|has been replaced"
        ),
    ),
    (
        "spam",
        (
            r"spam|unsolicited|content .{0,20}(?:reject|filter)|bulk mail|looks like junk|advertis"
            r"|high-probability|bayes|uribl|surbl"
        ),
    ),
    (
        "blocked",
        (
            r"block(?:ed|ing|list)|black\s?-?list(?:ed)?|blocklist|rbl|dnsbl|spamhaus|barracudacentral|sorbs"
            r"|reputation|banned|access denied|access not permitted|connection (?:refused|rejected) by"
            r"|your (?:ip|host|server|network)|client host .{0,40}reject|helo|ehlo|denylist|dynamic ip"
            r"|your access|poor reputation|relay .{0,20}from your"
        ),
    ),
    ("auth", r"dkim|dmarc|\bspf\b|unauthenticated|authentication (?:fail|required|check)|not authenticated"),
    ("reverse-dns", r"reverse dns|\bptr\b|reverse (?:lookup|hostname|address)|rdns"),
    (
        "relaying",
        (
            r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not permitted|not allowed|prohibited)|relaying"
            r"|unable to relay|not a relay"
        ),
    ),
    (
        "policy",
        r"policy|administratively|not authori[sz]ed|prohibited|administrative prohibition|rule violation",
    ),
    (
        "too-many",
        r"too many|rate limit|throttl|limit exceeded|too frequent|unusual rate|sending limit|connections",
    ),
    (
        "suspended",
        (
            r"(?:temporarily|temporary) locked|disabled|suspended|inactive|deactivated|not active"
            r"|account .{0,30}(?:locked|closed|expired|frozen)|dormant|hibernat|(?:заблокирован|отключ[её]н"
            r"|неактив)|temporarily (?:locked|disabled)"
        ),
    ),
    (
        "host-unknown",
        (
            r"(?:host|domain)(?: or domain)?(?: name)? (?:\S{1,80} )?(?:is )?(?:not found|unknown|not exist"
            r"|unresolvable)|unknown (?:host|domain)|host .{0,80}(?:not found|unknown)|no such (?:host"
            r"|domain)|bad (?:destination|host|domain)|nxdomain|domain .{0,60}(?:does not exist"
            r"|doesn't exist|not exist|not found|couldn't be found|could not be found|invalid)"
            r"|invalid (?:domain|host)|unrouteable (?:mail )?domain|cannot resolve|host\w* lookup (?:did not"
            r"|fail)|name (?:service|server).{0,30}(?:host not found|no such)|can't find .{0,40}host"
            r"|couldn't find any host|no mail exchanger|домен не найден|no mx|unable to (?:look ?up|resolve)"
            r"|illegal host|domain name not found|does not resolve"
        ),
    ),
    (
        "user-unknown",
        (
            r"user(?:name)? .{0,60}?(?:unknown|not found|not exist|invalid|not known|not listed|unlisted"
            r"|does(?: not|n't) have|couldn't be found|is not a)|unknown (?:\w+ )?(?:user|recipient|local"
            r"|address|mailbox|account)|no such (?:\w+ ){0,3}(?:user|address|mailbox|recipient|person"
            r"|account|account|name)|(?:recipient|mailbox|account|address|addressee|alias"
            r"|destination) .{0,80}?(?:not found|unknown|not exist|n't exist|not known|invalid|not valid"
            r"|not listed|no longer|not in|was not found|couldn't be found|could not be found|isn't"
            r"|not recogni[sz]ed|not available on|nonexist)|does(?: not|n't) (?:exist"
            r"|have an? .{0,40}(?:account|mailbox))|invalid (?:\w+ )?(?:user|recipient|mailbox|address"
            r"|final delivery)|not (?:a )?(?:valid|known|local) (?:\w+ )?(?:user|recipient|mailbox|address"
            r"|account)|not (?:listed|found) in|isn't (?:listed|a valid)|not our customer|no (?:mailbox"
            r"|account|user|matching|recipient|one) (?:here|by|with|found|exists|named|called)|no mailbox"
            r"|unrouteable address|bad (?:recipient|address)|address (?:rejected|error|unknown)"
            r"|recipient (?:rejected|unknown|address rejected: (?:user|address))|unknown address"
            r"|undeliverable address|unable to (?:find|locate) (?:user|recipient|mailbox|account)"
            r"|no valid recipient|not a user|cannot find (?:the )?(?:user|recipient|mailbox)|нет такого"
            r"|не существует|не найден|неизвестн\w+ (?:пользовател|адрес)|неверный адрес|nosuchuser|userunk"
            r"|user unk|unlisted|not have .{0,20}account|deliver\w* to that (?:user|mailbox)"
            r"|mailbox unavailable|no longer (?:valid|available|in use|exists)|discontinued"
            r"|has been terminated|can't create output|user doesn't"
        ),
    ),
    (
        "expired",
        (
            r"timed? ?out|timeout|expired|too old|retry time|retry timeout"
            r"|not (?:been )?(?:able to )?deliver\w* .{0,40}(?:hours|days)|delayed|still (?:trying|being)"
            r"|will (?:be )?(?:retried|retry|keep trying|continue)|undelivered for|in the queue"
            r"|could not be delivered for|warning.{0,30}(?:4|24|\d+) ?h|conversation with|lost connection"
            r"|try again|too long"
        ),
    ),
    (
        "network",
        (
            r"connection (?:refused|reset|timed|was|dropped|failed)|network (?:is )?(?:unreachable|error)"
            r"|no route|unreachable|unable to connect|could not connect|couldn't connect|loop(?:ing)?\b"
            r"|too many hops|hop count|refused to talk|not reach"
        ),
    ),
    (
        "system",
        (
            r"local (?:configuration )?error|system (?:error|problem)|internal (?:server )?error"
            r"|service (?:unavailable|not available)|temporar|resources|configuration|command died"
            r"|unknown mailer"
        ),
    ),
    ("rejected", r"reject|refus|denied|not allowed|not permitted|not accept|unacceptable|sender"),
)
WORDS = [(reason, re.compile(pattern, re.IGNORECASE)) for reason, pattern in _WORDS]
# RFC 3463: class.subject.detail.
CODES = {
    "1.0": "user-unknown", "1.1": "user-unknown", "1.2": "host-unknown", "1.3": "user-unknown",
    "1.4": "user-unknown", "1.6": "moved", "1.7": "rejected", "1.8": "rejected", "1.10": "no-mail",
    "2.0": "suspended", "2.1": "suspended", "2.2": "mailbox-full", "2.3": "too-big", "2.4": "system",
    "3.1": "mailbox-full", "3.4": "too-big", "4.1": "network", "4.2": "network", "4.3": "network",
    "4.4": "host-unknown", "4.6": "network", "4.7": "expired", "5.3": "too-many", "7.0": "policy",
    "7.1": "policy", "7.20": "auth", "7.25": "reverse-dns", "7.26": "auth", "7.27": "no-mail",
}  # fmt: skip
STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
REPLY = re.compile(
    r"(?<![\d.#-])([45]\d\d)(?=[ \-,:;#)]|$)(?!\s*(?:bytes|kb|mb|messages))", re.MULTILINE | re.IGNORECASE
)


def status_in(text: str) -> str:
    """The first enhanced status code in the text, else one made from an SMTP reply code, else nothing."""
    best = ""
    for match in STATUS.finditer(text[:MOST]):
        if match[1] == "2":
            continue
        # x.0.0 says nothing: a later one may say more.
        if (match[2], match[3]) != ("0", "0"):
            return match[0]
        best = best or match[0]
    if not best and (reply := REPLY.search(text[:MOST])):
        best = f"{reply[1][0]}.0.0"
    return best


def classify(text: str) -> str:
    text = text[:MOST]
    return next((reason for reason, pattern in WORDS if pattern.search(text)), "")


def classify_code(status: str) -> str:
    major, _, detail = status.partition(".")
    if major == "4" and detail not in ("2.2", "4.7", "3.1"):
        return "expired" if detail.startswith("4.") else ""
    return CODES.get(detail, "")
