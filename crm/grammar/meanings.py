"""What topics mean in the field catalogue, whatever the language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """The fields that a topic is about.

    `amount`: a number said with the topic is the field's value ("spent 500", "aged 30"). `count`: a number
    of times it happened. `when`: the moment it happened, the last one where it may happen often. `text`: a
    text field. `often`: it may happen many times, so that only windows up to now can be told from the
    last moment.
    """

    amount: str | None = None
    count: str | None = None
    when: str | None = None
    text: str | None = None
    often: bool = False


MEANINGS: dict[str, Meaning] = {
    "spent": Meaning(amount="totalSpent"),
    "ordervalue": Meaning(amount="totalOrderValue"),
    "age": Meaning(amount="age"),
    "bucket": Meaning(amount="bucket"),
    "orders": Meaning(count="orderCount", when="lastOrdered", often=True),
    "visits": Meaning(count="visitCount", when="lastActive", often=True),
    "logins": Meaning(count="loginCount", when="lastLogin", often=True),
    "activity": Meaning(when="lastActive", often=True),
    "inactivity": Meaning(when="lastActive", often=True),
    "lastorder": Meaning(when="lastOrdered"),
    "firstorder": Meaning(when="firstPurchaseDate"),
    "lastlogin": Meaning(when="lastLogin"),
    "lastactive": Meaning(when="lastActive"),
    "signup": Meaning(when="accountCreated"),
    "birth": Meaning(when="birthDate"),
    "city": Meaning(text="city"),
    "country": Meaning(text="country"),
    "gender": Meaning(text="gender"),
    "name": Meaning(text="name"),
    "email": Meaning(text="email"),
    "phone": Meaning(text="phone"),
    "externalid": Meaning(text="externalId"),
    "tags": Meaning(text="tags"),
}

TEXT_FIELDS: dict[str, str] = {name: meaning.text for name, meaning in MEANINGS.items() if meaning.text}
MONEY = frozenset({"totalSpent", "totalOrderValue"})
COUNTS = frozenset({"orderCount", "visitCount", "loginCount"})
