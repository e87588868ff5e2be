"""What a campaign says: its channel, its message or the versions of it, ready to be written for a customer.

Pure: read from a campaign's document, checked, and composed. Without a channel a message goes wherever a
customer can be reached.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from crm import messages
from crm.errors import FieldError, InvalidInput
from crm.fields import FIELDS, Field, FieldType
from crm.messages import HTML_LIMIT, LIMIT, Rendered, Style, Template
from crm.variants import Lots

EMAIL, SMS = "email", "sms"
CHANNELS = (EMAIL, SMS)
SUBJECT_LIMIT = 200
MOST_VARIANTS = 10
LINKS = {
    name: Field(name, FieldType.TEXT, "unsubscribe link") for name in ("unsubscribeUrl", "unsubscribe_url")
}
"""What a template may name beside fields: the link by which its receiver unsubscribes, in two spellings."""

_FOOTER = "\n\nTo get no more of these e-mails: {unsubscribeUrl}"
_HTML_FOOTER = (
    '<p style="margin-top:32px;font-size:12px;color:#767676">You can '
    '<a href="{unsubscribeUrl}" style="color:#767676">unsubscribe</a> from these e-mails at any time.</p>'
)
_BODY_END = re.compile("</body", re.IGNORECASE)
_ADDRESSES = {EMAIL: ("email",), SMS: ("phone",), None: ("email", "phone", "externalId")}
_LACKING = {EMAIL: "no e-mail address", SMS: "no phone number"}


@dataclass(frozen=True, slots=True)
class Version:
    """One message: its variant's name (None where there is one for all) and its templates."""

    name: str | None
    text: Template
    subject: Template | None = None
    html: Template | None = None

    @property
    def templates(self) -> tuple[Template, ...]:
        """Those of subject, text and HTML that it has."""
        return tuple(each for each in (self.subject, self.text, self.html) if each is not None)


class Composed(NamedTuple):
    """A message for one customer; with `reason` it can't be sent, and its texts are empty."""

    text: str
    subject: str | None = None
    html: str | None = None
    reason: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that is written for a campaign. `links`: some message names the link to unsubscribe."""

    channel: str | None
    versions: tuple[Version, ...]
    lots: Lots
    links: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """Where the fields that it names are stored, each once."""
        templates = (template for version in self.versions for template in version.templates)
        paths = (path for template in templates for path in template.paths if path not in LINKS)
        return tuple(dict.fromkeys(paths))

    @property
    def named(self) -> tuple[Field, ...]:
        """Every field that any version names, once."""
        templates = (template for version in self.versions for template in version.templates)
        return tuple({field.name: field for template in templates for field in template.named}.values())

    @property
    def required(self) -> tuple[str, ...]:
        """Fields that may be missing where it matters."""
        templates = (template for version in self.versions for template in version.templates)
        return tuple(dict.fromkeys(name for template in templates for name in template.required))

    def version(self, customer_id: str) -> Version:
        """The one that this customer gets."""
        if len(self.versions) == 1:
            return self.versions[0]
        return self.versions[self.lots.variant(customer_id)]

    def address(self, customer: Mapping[str, Any]) -> str | None:
        """Where a message for this customer goes, None where it can't go anywhere."""
        for field in _ADDRESSES[self.channel]:
            given = customer.get(field)
            if isinstance(given, str) and given.strip():
                return given
        return None

    @property
    def unreachable(self) -> str | None:
        """Why somebody without an address is skipped; None where no channel asks for one.

        Everybody has an e-mail address or an external id, and the vendor may know where that leads.
        """
        return f"not reachable: {_LACKING[self.channel]}" if self.channel else None


def read(campaign: Mapping[str, Any], fields: Mapping[str, Field] | None = None) -> Content:
    """The content of a campaign's document. Raises InvalidInput that names the field of the request.

    `fields` are those a template may name: by default the catalogue, and the custom attributes that the
    campaign wrote down when it was launched.
    """
    known = {**({**FIELDS, **kept_fields(campaign)} if fields is None else fields), **LINKS}
    channel = campaign.get("channel")
    variants = campaign.get("variants") or [{"name": None, "share": 1}]
    versions = tuple(
        _version({**campaign, **{key: text for key, text in variant.items() if text}}, channel, known, place)
        for place, variant in _placed(variants)
    )
    weights = [float(variant["share"]) for variant in variants]
    lots = Lots(campaign["_id"], float(campaign.get("holdout") or 0), weights)
    links = any(has_link(template) for version in versions for template in version.templates)
    return Content(channel, versions, lots, links)


def has_link(template: Template) -> bool:
    """Whether a message says where to unsubscribe."""
    return any(name in LINKS for name in template.fields)


def _placed(variants: list[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    if variants[0]["name"] is None:
        return [("", {"variant": None})]
    return [(f"variants[{i}].", {**each, "variant": each["name"]}) for i, each in enumerate(variants)]


def _version(
    given: Mapping[str, Any], channel: str | None, fields: Mapping[str, Field], place: str
) -> Version:
    def part(key: str, limit: int, as_html: bool = False) -> Template | None:
        text = given.get(key)
        if not text:
            return None
        return messages.parse(text, fields, as_html=as_html, name=f"{place}{key}", limit=limit)

    if channel == SMS and (given.get("subject") or given.get("html")):
        key = "subject" if given.get("subject") else "html"
        reason = "is for e-mail only"
        raise InvalidInput(f"A text message has no {key}.", [FieldError(f"{place}{key}", reason)])
    text = messages.parse(given.get("messageTemplate") or "", fields, name=f"{place}messageTemplate")
    html = part("html", HTML_LIMIT, True)
    if channel == EMAIL and given.get("unsubscribeFooter") is not False:
        text, html = _with_footer(text, fields), _with_footer(html, fields) if html else None
    return Version(given.get("variant"), text, part("subject", SUBJECT_LIMIT), html)


def _with_footer(template: Template, fields: Mapping[str, Field]) -> Template:
    """The template with the link to unsubscribe behind it, or as it is where it has one."""
    if has_link(template):
        return template
    if not template.escaped:
        return messages.parse(template.text + _FOOTER, fields, limit=LIMIT + len(_FOOTER))
    at = max((found.start() for found in _BODY_END.finditer(template.text)), default=len(template.text))
    text = template.text[:at] + _HTML_FOOTER + template.text[at:]
    return messages.parse(text, fields, as_html=True, limit=HTML_LIMIT + len(_HTML_FOOTER))


def compose(version: Version, customer: Mapping[str, Any], style: Style, link: str | None = None) -> Composed:
    """The message for this customer, or why there is none; `link` is the one by which he unsubscribes."""
    if link is not None:
        customer = {**customer, **dict.fromkeys(LINKS, link)}
    text = messages.render(version.text, customer, style)
    if version.subject is None and version.html is None:
        if text.body is None:
            return Composed("", reason=text.reason, missing=text.missing)
        return Composed(text.body)
    subject = messages.render(version.subject, customer, style) if version.subject else None
    html = messages.render(version.html, customer, style) if version.html else None
    failed = [each for each in (subject, text, html) if each is not None and each.body is None]
    if failed:
        missing = tuple(dict.fromkeys(name for each in failed for name in each.missing))
        problem = next((each.problem for each in failed if each.problem), None)
        return Composed("", reason=Rendered(None, missing, problem).reason, missing=missing)
    line = " ".join(subject.body.split()) if subject and subject.body else None
    return Composed(text.body or "", line, html.body if html else None)


def kept_fields(campaign: Mapping[str, Any]) -> dict[str, Field]:
    """The custom attributes that a launch wrote down, as fields."""
    return {
        each["name"]: Field(each["name"], FieldType(each["type"]), each["name"], key=each["key"])
        for each in campaign.get("attributes") or ()
    }


def attributes(content: Content) -> list[dict[str, str]]:
    """The custom attributes that the content names, to be written down at a launch."""
    return [
        {"name": field.name, "type": field.type.value, "key": field.key}
        for field in content.named
        if field.key is not None
    ]
