"""What campaigns brought about, by REST."""

import csv
import io

import pytest

from crm import campaigns
from crm.moment import utc_now
from tests.crowd import EVERYONE, MARKETER, NOW, Hands, crowd


def launched(stores, name="Sale", **options):
    made = campaigns.launch_new(
        stores, name=name, rules=EVERYONE, template="Hi {name}", options=options, account=MARKETER, now=NOW
    )
    Hands(stores).finish()
    return made["_id"]


def test_the_lift_of_a_campaign_has_both_groups_and_what_it_brought_in(client, stores):
    crowd(stores, 300)
    campaign_id = launched(stores, holdout=0.5)
    row = stores.db.deliveries.find_one({"state": "sent"})
    stores.db.orders.insert_one(
        {
            "_id": "o",
            "customerId": row["customerId"],
            "createdAt": utc_now(),
            "total": 50.0,
            "status": "delivered",
        }
    )
    answer = client("analyst").get(f"/api/campaigns/{campaign_id}/lift", params={"days": 3})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    treated, held = found["treated"], found["heldOut"]
    assert (treated["people"] + held["people"], treated["buyers"], held["buyers"]) == (300, 1, 0)
    assert found["attributed"]["revenue"]["value"] == pytest.approx(50.0)
    assert found["lift"]["buyersShare"]["apart"] is False
    assert found["messaged"] == {"buyers": 1, "orders": 1, "revenue": 50.0}
    assert (found["days"], found["complete"]) == (3, False)


def test_a_window_that_makes_no_sense_and_an_unknown_campaign_are_refused(client):
    analyst = client("analyst")
    assert analyst.get("/api/campaigns/nobody/lift").status_code == 404
    assert analyst.get("/api/campaigns/nobody/lift", params={"days": 0}).status_code == 422


@pytest.mark.parametrize("role", ["uploader", "vendor", None])
def test_results_are_for_those_who_may_see_campaigns(client, role):
    assert client(role).get("/api/campaigns/x/lift").status_code in (401, 403)


def test_all_numbers_of_a_campaign_come_at_once_and_agree(client, stores):
    crowd(stores, 200)
    crowd(stores, 7, name=None)
    campaign_id = launched(stores, holdout=0.3, variants=[{"name": "A"}, {"name": "B"}])
    found = client("analyst").get(f"/api/campaigns/{campaign_id}/figures").json()
    books = found["books"]
    assert books["audience"] == 207 == sum(many for state, many in books.items() if state != "audience")
    assert sum(found["reasons"]["skipped"].values()) == books["skipped"]
    assert sum(each["sent"] for each in found["variants"]) == books["sent"]
    stages = {each["stage"]: each["people"] for each in found["funnel"]}
    assert (
        stages["audience"] >= stages["reachable"] >= stages["answered"] >= stages["sent"] >= stages["bought"]
    )
    assert found["sentShare"]["low"] < found["sentShare"]["value"] < found["sentShare"]["high"]
    assert found["pace"]["finishes"] is None
    assert found["orders"]["treated"]["people"] + found["orders"]["heldOut"]["people"] == 207


def test_campaigns_are_compared_in_the_order_they_were_asked_for_and_as_a_file(client, stores):
    crowd(stores, 50)
    one, other = launched(stores, "=First"), launched(stores, "Second", holdout=0.5)
    analyst = client("analyst")
    asked = {"ids": f"{other}, {one}"}
    items = analyst.get("/api/campaigns/compare", params=asked).json()["items"]
    assert [each["name"] for each in items] == ["Second", "=First"]
    answer = analyst.get("/api/campaigns/compare", params=asked | {"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["name"] for row in rows] == ["Second", "'=First"]
    assert rows[0]["heldOut"] == str(items[0]["orders"]["heldOut"]["people"])
    assert (rows[1]["audience"], rows[1]["heldOut"]) == ("50", "")


def test_too_many_campaigns_none_and_drafts_are_not_compared(client, stores):
    draft = campaigns.create(stores, name="Not yet", account=MARKETER, now=NOW)["_id"]
    analyst = client("analyst")
    for ids in ("", "a,b,c,d,e,f", draft):
        assert analyst.get("/api/campaigns/compare", params={"ids": ids}).status_code == 422
    assert analyst.get("/api/campaigns/compare", params={"ids": "nobody"}).status_code == 404
