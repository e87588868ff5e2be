"""The simulated vendor's verdicts are a function of the key."""

import random

import pytest

from crm.errors import InvalidInput, Unavailable
from crm.vendors import registry
from crm.vendors.protocol import EMAIL, Limits, Message, Verdict
from crm.vendors.simulated import BUSY, REASONS, Faults, SimulatedVendor


def message(customer, attempt=1, campaign="c1", tries=0):
    return Message(f"{campaign}:{customer}:{attempt}", EMAIL, "a@b.example", "Hi", tries=tries)


def verdicts(messages, vendor=None):
    answers = (vendor or SimulatedVendor()).submit(messages)
    return {(key[1], int(key[2])): answer for answer in answers for key in [answer.key.split(":")]}


def test_nine_in_ten_are_sent_and_one_in_ten_is_refused_with_a_reason():
    answers = verdicts([message(str(number)) for number in range(20_000)]).values()
    failed = [answer for answer in answers if answer.verdict == "failed"]
    assert 0.09 < len(failed) / 20_000 < 0.11
    assert {answer.reason for answer in failed} == set(REASONS)
    assert {answer.verdict for answer in answers} == {"sent", "failed"}


def test_the_same_message_gets_the_same_answer_in_any_order():
    messages = [message(str(number)) for number in range(500)]
    shuffled = random.Random(1).sample(messages, len(messages))
    assert verdicts(messages) == verdicts(shuffled) == verdicts(messages * 2)


def test_another_attempt_and_another_campaign_have_verdicts_of_their_own():
    people = [str(number) for number in range(2_000)]
    first = verdicts([message(person) for person in people])
    second = verdicts([message(person, 2) for person in people])
    other = verdicts([message(person, 1, "c2") for person in people])
    failed = [person for person in people if first[person, 1].verdict == "failed"]
    again = [person for person in failed if second[person, 2].verdict == "failed"]
    assert 0 < len(again) < len(failed) / 2
    assert [a.verdict for a in other.values()] != [a.verdict for a in first.values()]


def test_the_share_that_is_refused_can_be_set():
    people = [message(str(number)) for number in range(100)]
    assert all(a.verdict == "sent" for a in verdicts(people, SimulatedVendor(refused=0)).values())
    assert all(a.verdict == "failed" for a in verdicts(people, SimulatedVendor(refused=1)).values())


CROWD = [message(str(number)) for number in range(2_000)]


def answered(verdict, **faults):
    """Keys that got this verdict from a vendor with these faults, as often as they got it."""
    answers = SimulatedVendor(faults=Faults(**faults)).submit(CROWD)
    return [answer.key for answer in answers if answer.verdict == verdict]


def test_a_message_put_off_keeps_its_verdict_for_a_later_try():
    vendor = SimulatedVendor(faults=Faults(temporary=0.5))
    first = verdicts(CROWD, vendor)
    put_off = [one for one in first.values() if one.verdict == Verdict.TEMPORARY]
    assert 900 < len(put_off) < 1_100
    again = verdicts([message(str(number), tries=1) for number in range(2_000)], vendor)
    assert 300 < sum(again[key].verdict == one.verdict for key, one in first.items() if one in put_off) < 700
    sure = verdicts(CROWD)
    assert all(one == sure[key] for key, one in again.items() if one.verdict != Verdict.TEMPORARY)


def test_receipts_come_twice_late_or_never_as_the_seed_says():
    assert len(answered(Verdict.SENT, duplicate=1)) == 2 * len(answered(Verdict.SENT))
    assert len(answered(Verdict.ACCEPTED, lost=0.3)) == len(answered(Verdict.ACCEPTED, lost=0.3, seed=0))
    assert answered(Verdict.ACCEPTED, lost=0.3) != answered(Verdict.ACCEPTED, lost=0.3, seed=1)
    late = SimulatedVendor(faults=Faults(late=1, late_by=7)).submit(CROWD[:1])
    assert [(one.verdict, one.after) for one in late] == [(Verdict.ACCEPTED, 0), (Verdict.SENT, 7)]


def test_a_vendor_that_lost_a_receipt_knows_the_verdict_when_it_is_asked():
    vendor = SimulatedVendor(faults=Faults(lost=1))
    assert {one.verdict for one in vendor.submit(CROWD)} == {Verdict.ACCEPTED}
    assert vendor.ask([one.key for one in CROWD]) == SimulatedVendor().submit(CROWD)


def test_an_outage_takes_nothing_and_a_throttle_puts_the_rest_off():
    with pytest.raises(Unavailable):
        SimulatedVendor(faults=Faults(outage=True)).submit(CROWD)
    answers = SimulatedVendor(faults=Faults(throttle=100)).submit(CROWD)
    assert len(answers) == 2_000
    assert sum(one.reason == BUSY for one in answers) == 1_900


def test_a_configuration_makes_the_vendor_it_describes():
    given = {"refused": 0, "latency": 0.2, "batch": 1, "calls": 64, "rate": 500, "lateBy": 9}
    vendor = registry.build("simulated", registry.defaults("simulated") | given)
    assert vendor == SimulatedVendor(
        refused=0,
        faults=Faults(latency=0.2, late_by=9),
        limits=Limits(batch=1, calls=64, rate=500),
    )


@pytest.mark.parametrize("field", ["refused", "lateBy", "rate", "unheard"])
def test_a_configuration_that_makes_no_sense_is_refused_by_its_field(field):
    with pytest.raises(InvalidInput) as caught:
        registry.build("simulated", {field: -1})
    assert [each.field for each in caught.value.fields] == [field]
