"""`python -m crm sample`: what is done from a terminal, on an installation that is running."""

import argparse
import sys

from crm import sample
from crm.errors import CrmError
from crm.moment import utc_now
from crm.sample_shop import DEFAULT_CUSTOMERS, DEFAULT_ORDERS, DEFAULT_SEED
from crm.settings import settings
from crm.stores.connection import connect


def main(arguments: list[str]) -> int:
    """0 when it is done, 1 with a sentence on stderr when it can't be."""
    options = _parser().parse_args(arguments)
    try:
        _make_sample(options.customers, options.orders, options.seed)
    except CrmError as error:
        print(error.message, file=sys.stderr)
        for problem in getattr(error, "fields", []):
            print(f"  {problem.field}: {problem.reason}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crm", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser(
        "sample",
        help="add a made-up shop",
        description="Add a made-up shop; nothing is deleted, and the same numbers again change nothing.",
    )
    make.add_argument("--customers", type=int, default=DEFAULT_CUSTOMERS, help="default: %(default)s")
    make.add_argument("--orders", type=int, default=DEFAULT_ORDERS, help="default: %(default)s")
    make.add_argument("--seed", type=int, default=DEFAULT_SEED, help="default: %(default)s")
    return parser


def _make_sample(customers: int, orders: int, seed: int) -> None:
    config = settings()
    stores = connect(config.endpoints(), config.database, config.prefix)

    def progress(done: int, total: int) -> None:
        print(f"\r{done:,} of {total:,} records published", end="", flush=True)

    try:
        made = sample.generate(
            stores, customers=customers, orders=orders, seed=seed, now=utc_now(), progress=progress
        )
    finally:
        stores.close()
    print(f"\n{made.customers:,} customers and {made.orders:,} orders; the workers persist them now.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
