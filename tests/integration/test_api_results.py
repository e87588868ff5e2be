"""What campaigns brought about, by REST."""

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
