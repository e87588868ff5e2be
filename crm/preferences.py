"""What an account prefers to see, kept with it: the same in every browser that it signs in from."""

from collections.abc import Mapping, Sequence

from crm import audience_charts
from crm.fields import Field
from crm.roles import Account
from crm.stores import accounts
from crm.stores.connection import Stores

MOST_CHARTS = 6
_CHARTS = "segmentCharts"


def charts(stores: Stores, account: Account, fields: Mapping[str, Field]) -> tuple[str, ...]:
    """Names of the fields whose charts the account wants of an audience, in its order; six until it chooses.

    Fields that are not there any more are left out.
    """
    chosen = accounts.preference(stores, account.id, _CHARTS)
    names = chosen if isinstance(chosen, list) else audience_charts.DEFAULT
    return tuple(name for name in names if name in fields)


def choose_charts(
    stores: Stores, account: Account, names: Sequence[str], fields: Mapping[str, Field]
) -> tuple[str, ...]:
    """Keep these charts for the account: the known fields among them, each once, six at most."""
    known = [name for name in dict.fromkeys(names) if name in offered(fields)]
    accounts.prefer(stores, account.id, _CHARTS, known[:MOST_CHARTS])
    return tuple(known[:MOST_CHARTS])


def offered(fields: Mapping[str, Field]) -> list[str]:
    """Names of the fields that have a chart which says something."""
    return [name for name in fields if name not in audience_charts.WITHOUT]
