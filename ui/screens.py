"""The pages of the menu, in its order, and what each asks for."""

from dataclasses import dataclass

from crm import auth
from crm.auth import Account
from ui import links


@dataclass(frozen=True, slots=True)
class Screen:
    """One page of the menu: its file `pages/<name>.py`, and the capability it asks for."""

    name: str
    title: str
    icon: str
    capability: str
    help: str


SCREENS = (
    Screen("overview", "Overview", ":material/dashboard:", "overview", "How the shop and its campaigns do."),
    Screen(
        "segments", "Segments", ":material/groups:", "segments", "Describe an audience, see who is in it."
    ),
    Screen("campaigns", "Campaigns", ":material/campaign:", "campaigns", "Write a message, launch it."),
    Screen("history", "History", ":material/history:", "history", "What was sent, and what became of it."),
    Screen("explore", "Explore", ":material/query_stats:", "explore", "Customers and orders in charts."),
    Screen("customers", "Customers", ":material/person_search:", "customers", "Find one customer."),
    Screen("upload", "Upload", ":material/upload_file:", "upload", "Customers and orders from files."),
    Screen("settings", "Settings", ":material/settings:", "administer", "Accounts, keys, sample data."),
)


def registered() -> list[Screen]:
    """The pages that are there."""
    return [screen for screen in SCREENS if links.page(screen.name).exists()]


def first(account: Account) -> Screen | None:
    """The first page that the account may see; None where there is none."""
    return next((screen for screen in registered() if auth.can(account, screen.capability)), None)
