"""What people call the fields: column headers and JSON names → fields, by name and synonym."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from crm.fields import fold

CUSTOMERS = "customers"
ORDERS = "orders"
PRODUCTS = "products"
KINDS = (CUSTOMERS, ORDERS, PRODUCTS)

# Field → what else it is called, best first. Compared without case, blanks and punctuation.
_SYNONYMS: dict[str, dict[str, str]] = {
    CUSTOMERS: {
        "externalId": "customerId customerNumber customerNo customerCode userId clientId memberId crmId id",
        "name": "fullName customerName clientName contactName displayName customer",
        "firstName": "givenName forename first fname",
        "lastName": "surname familyName last lname",
        "email": "emailAddress mail customerEmail userEmail contactEmail emailId",
        "phone": "phoneNumber mobile mobileNumber mobilePhone telephone tel cell cellPhone contactNumber",
        "city": "town billingCity shippingCity",
        "country": "countryName nation billingCountry shippingCountry",
        "gender": "sex",
        "age": "",
        "birthDate": "dateOfBirth dob birthday born",
        "tags": "tag labels label groups",
        "totalSpent": "totalSpend spent spend amountSpent lifetimeSpend lifetimeValue ltv totalRevenue "
        "revenue",
        "totalOrderValue": "orderValue grossSales",
        "orderCount": "orders totalOrders ordersCount numberOfOrders numOrders purchases purchaseCount",
        "visitCount": "visits totalVisits numberOfVisits sessions",
        "loginCount": "logins totalLogins numberOfLogins",
        "lastActive": "lastSeen lastActivity lastActiveDate lastActivityDate lastVisit lastVisited",
        "lastLogin": "lastSignIn lastLoginDate lastLoggedIn",
        "lastOrdered": "lastOrder lastOrderDate lastPurchase lastPurchaseDate",
        "firstPurchaseDate": "firstPurchase firstOrder firstOrderDate firstOrdered",
        "accountCreated": "signup signupDate signUpDate signedUp registered registeredAt registrationDate "
        "joined joinedAt joinDate dateJoined memberSince customerSince created createdAt createdDate "
        "creationDate dateCreated",
        "isInactive": "inactive",
    },
    ORDERS: {
        "orderReference": "orderRef reference ref orderId orderNumber orderNo orderNum orderCode order "
        "invoice invoiceNumber invoiceNo invoiceId transactionId receiptNumber id",
        "customerEmail": "email emailAddress mail buyerEmail userEmail emailId",
        "customerId": "externalId customerExternalId customerNumber customerNo customerCode userId clientId "
        "memberId",
        "customerName": "buyerName buyer fullName clientName",
        "createdAt": "orderDate date orderedAt orderedOn ordered purchaseDate purchasedAt placedAt created "
        "createdDate orderTime timestamp dateTime transactionDate invoiceDate",
        "total": "totalAmount amount orderTotal grandTotal orderValue totalPrice totalValue value amountPaid "
        "revenue sum",
        "refunded": "refund refundAmount refundedAmount amountRefunded",
        "currency": "currencyCode",
        "status": "orderStatus state",
        "products": "items lines lineItems orderItems orderLines",
        "productId": "sku itemId productCode stockCode",
        "product": "productName item itemName",
        "category": "productCategory itemCategory",
        "quantity": "qty units",
        "price": "unitPrice itemPrice productPrice",
    },
    PRODUCTS: {
        "productId": "sku itemId productCode code id",
        "name": "productName product title item itemName",
        "category": "productCategory type department",
        "price": "unitPrice amount listPrice productPrice mrp",
    },
}

OF_REFUSED = ("row", "field", "code", "reason")
"""What a download of refused rows says of each, behind the file's own columns."""

FIELDS: dict[str, tuple[str, ...]] = {kind: tuple(names) for kind, names in _SYNONYMS.items()}
"""Kind → the fields that a record of it may have."""


def normal(header: str) -> str:
    """A header without case, blanks and punctuation: “E-mail Address” and email_address are one."""
    return "".join(sign for sign in fold(header) if sign.isalnum())


def _ranks(kind: str) -> dict[str, tuple[str, int]]:
    ranks: dict[str, tuple[str, int]] = {}
    for field, synonyms in _SYNONYMS[kind].items():
        for rank, name in enumerate([field, *synonyms.split()]):
            ranks.setdefault(normal(name), (field, rank))
    return ranks


_RANKS = {kind: _ranks(kind) for kind in KINDS}


def _known(kind: str, header: str) -> tuple[str, int] | None:
    # Our own ids come back in exports; they are no ids of the shop's. An order's and a product's are.
    if kind == CUSTOMERS and header.strip() == "_id":
        return None
    return _RANKS[kind].get(normal(header))


@lru_cache(maxsize=4096)
def field_of(kind: str, name: str) -> str | None:
    """The field that a JSON name or a header means, None when it means none."""
    known = _known(kind, name)
    return known[0] if known else None


def of_the_file(columns: Sequence[str]) -> int:
    """How many of the columns are a shop's own: a download of refused rows has OF_REFUSED behind them.

    It has them twice where the file that it is from was such a download already.
    """
    width, added = len(columns), len(OF_REFUSED)
    while width > added and tuple(columns[width - added : width]) == OF_REFUSED:
        width -= added
    return width


def any_known(names: Iterable[str]) -> bool:
    """Whether one of these is the name of a field of any kind of record."""
    return any(field_of(kind, name) for name in names for kind in KINDS)


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a file's columns are understood. `fields[i]` is the field of column i, or None."""

    kind: str
    columns: tuple[str, ...]
    fields: tuple[str | None, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Columns that mean no field, and those whose field another column has already."""
        return tuple(
            column
            for column, field in zip(self.columns, self.fields, strict=True)
            if field is None and column
        )

    def document(self) -> list[dict[str, str | None]]:
        """As it is stored and shown: `[{"column", "field"}]` in the file's order."""
        return [
            {"column": column, "field": field}
            for column, field in zip(self.columns, self.fields, strict=True)
        ]


def understand(kind: str, columns: Sequence[str]) -> Mapping:
    """The mapping of these columns; where two mean one field, the better name has it, else the first."""
    best: dict[str, tuple[int, int]] = {}
    for position, column in enumerate(columns):
        known = _known(kind, column)
        if known:
            field, rank = known
            best[field] = min(best.get(field, (rank, position)), (rank, position))
    chosen = {position: field for field, (_, position) in best.items()}
    return Mapping(kind, tuple(columns), tuple(chosen.get(position) for position in range(len(columns))))


def guess_kind(columns: Iterable[str]) -> str | None:
    """What a file with these headers holds; None when nothing in them tells."""
    columns = list(columns)
    order = {field for field in understand(ORDERS, columns).fields if field}
    customer = {field for field in understand(CUSTOMERS, columns).fields if field}
    product = {field for field in understand(PRODUCTS, columns).fields if field}
    named = {normal(column) for column in columns}
    whose = order & {"customerEmail", "customerId"}
    what = order & {"total", "products", "product", "price", "quantity", "productId"}
    says_order = bool(
        named & {"orderid", "orderreference", "ordernumber", "orderno", "orderref", "orderdate"}
    )
    if what and (says_order or (whose and "createdAt" in order)):
        return ORDERS
    if {"productId", "name", "price"} <= product and not whose:
        return PRODUCTS
    if customer & {"email", "externalId"}:
        return CUSTOMERS
    if says_order:
        return ORDERS
    return PRODUCTS if {"productId", "name"} <= product else None
