"""The diagrams of docs/delivery.md say what the tables of states say."""

import re
from pathlib import Path

import pytest

from crm.lifecycle import CAMPAIGN, DELIVERY, NEW, CampaignAction, DeliveryState

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "delivery.md").read_text()
ARROW = re.compile(r"^\s*(\S+) --> (\S+) : (\S+)$", re.MULTILINE)


def diagrams():
    """The arrows of each state diagram, in the page's order."""
    blocks = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)```", PAGE, re.DOTALL)
    return [{tuple(arrow) for arrow in ARROW.findall(block)} for block in blocks]


@pytest.mark.parametrize(("number", "table"), [(0, CAMPAIGN), (1, DELIVERY)], ids=["campaign", "delivery"])
def test_a_diagram_has_the_arrows_of_its_table(number, table):
    arrows = {
        ("[*]" if arrow.source == NEW else str(arrow.source), str(arrow.target), arrow.action)
        for arrow in table
    }
    assert diagrams()[number] == arrows


@pytest.mark.parametrize("word", [*CampaignAction, *DeliveryState])
def test_every_action_and_state_is_explained(word):
    assert re.search(rf"^\| {word} \|", PAGE, re.MULTILINE)
