"""Campaigns of a test, and their books, which balance at every look."""

from crm import campaigns, ledger
from tests.crowd import EVERYONE, MARKETER, NOW

HELLO = "Hi {name|there}"


def launched(stores, template=HELLO, rules=EVERYONE, name="Summer"):
    campaign = campaigns.launch_new(
        stores, name=name, rules=rules, template=template, account=MARKETER, now=NOW
    )
    return campaign["_id"]


def stats(stores, campaign_id):
    return campaigns.stats(stores, campaign_id)


def balanced(stores, campaign_id):
    """The books, audited; fails with what is wrong."""
    books = ledger.books(stores, campaign_id)
    assert books.problems == ()
    assert books.audience == sum(books.counts.values())
    return books.counts


def rows(stores, campaign_id):
    return {row["_id"]: row for row in stores.collection("deliveries").find({"campaignId": campaign_id})}


def act(stores, action, campaign_id):
    return getattr(campaigns, action)(stores, campaign_id, account=MARKETER, now=NOW)
