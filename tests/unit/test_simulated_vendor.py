"""The simulated vendor's verdicts are a function of the key."""

import random

from crm.vendors.protocol import Message
from crm.vendors.simulated import REASONS, SimulatedVendor


def message(customer, attempt=1, campaign="c1"):
    return Message(f"{campaign}:{customer}:{attempt}", customer, attempt, "a@b.example", "Hi")


def verdicts(messages, vendor=None):
    return {(r.customer_id, r.attempt): r for r in (vendor or SimulatedVendor()).submit(messages)}


def test_nine_in_ten_are_sent_and_one_in_ten_is_refused_with_a_reason():
    answers = verdicts([message(str(number)) for number in range(20_000)]).values()
    failed = [answer for answer in answers if answer.status == "failed"]
    assert 0.09 < len(failed) / 20_000 < 0.11
    assert {answer.reason for answer in failed} == set(REASONS)
    assert {answer.status for answer in answers} == {"sent", "failed"}


def test_the_same_message_gets_the_same_answer_in_any_order():
    messages = [message(str(number)) for number in range(500)]
    shuffled = random.Random(1).sample(messages, len(messages))
    assert verdicts(messages) == verdicts(shuffled) == verdicts(messages * 2)


def test_another_attempt_and_another_campaign_have_verdicts_of_their_own():
    people = [str(number) for number in range(2_000)]
    first = verdicts([message(person) for person in people])
    second = verdicts([message(person, 2) for person in people])
    other = verdicts([message(person, 1, "c2") for person in people])
    failed = [person for person in people if first[person, 1].status == "failed"]
    again = [person for person in failed if second[person, 2].status == "failed"]
    assert 0 < len(again) < len(failed) / 2
    assert [a.status for a in other.values()] != [a.status for a in first.values()]


def test_the_share_that_is_refused_can_be_set():
    people = [message(str(number)) for number in range(100)]
    assert all(a.status == "sent" for a in verdicts(people, SimulatedVendor(refused=0)).values())
    assert all(a.status == "failed" for a in verdicts(people, SimulatedVendor(refused=1)).values())
