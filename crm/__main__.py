"""`python -m crm`: accounts, API keys and sample data from a terminal, on an installation that is running."""

import argparse
import getpass
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from crm import accounts, bookkeeping, keys, passwords, sample
from crm.auth import STAFF, KeyRole, create_account
from crm.errors import CrmError, InvalidInput
from crm.moment import utc_now
from crm.sample_shop import DEFAULT_CUSTOMERS, DEFAULT_ORDERS, DEFAULT_SEED
from crm.settings import settings
from crm.stores import indexes
from crm.stores.connection import Stores, connect
from crm.stores.outages import is_outage

_LISTED = 20  # customers whose differences are spelled out


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when it is done, 1 with a sentence on stderr when it can't be."""
    options = _parser().parse_args(arguments)
    try:
        config = settings()
        stores = connect(config.endpoints(), config.database, config.prefix)
        try:
            indexes.ensure(stores)
            options.run(stores, options)
        finally:
            stores.close()
    except CrmError as error:
        problems = error.fields if isinstance(error, InvalidInput) else []
        unsaid = [problem for problem in problems if problem.reason not in error.message]
        return _fail(error.message, *(f"  {problem.field}: {problem.reason}" for problem in unsaid))
    except ValidationError as error:
        return _fail(*(f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors()))
    except Exception as error:
        if not is_outage(error):
            raise
        return _fail("A store did not answer. Is Mini-CRM running?")
    return 0


def _fail(*lines: str) -> int:
    print(*lines, sep="\n", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crm", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    _account_commands(commands.add_parser("account", help="create an account, set a password, list accounts"))
    _key_commands(commands.add_parser("key", help="make, revoke and list API keys"))
    books = commands.add_parser(
        "audit",
        help="hold the totals of customers against their orders",
        description="Recompute every customer's totals from his orders. Exits with 1 where some are wrong.",
    )
    books.add_argument("--repair", action="store_true", help="set right what is wrong")
    books.set_defaults(run=_audit)
    make = commands.add_parser(
        "sample",
        help="add a made-up shop",
        description="Add a made-up shop; nothing is deleted, and the same numbers again change nothing.",
    )
    make.add_argument("--customers", type=int, default=DEFAULT_CUSTOMERS, help="default: %(default)s")
    make.add_argument("--orders", type=int, default=DEFAULT_ORDERS, help="default: %(default)s")
    make.add_argument("--seed", type=int, default=DEFAULT_SEED, help="default: %(default)s")
    make.set_defaults(run=_make_sample)
    return parser


def _account_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="command")
    create = commands.add_parser("create", help="create an account of the staff")
    create.add_argument("email")
    create.add_argument("--name", help="the e-mail address where not given")
    create.add_argument("--role", choices=list(STAFF), required=True)
    create.add_argument("--generate", action="store_true", help="generate a password and print it")
    create.set_defaults(run=_account_create)

    password = commands.add_parser("password", help="set a password, which ends every session")
    password.add_argument("email")
    password.add_argument("--generate", action="store_true", help="generate a password and print it")
    password.set_defaults(run=_account_password)

    commands.add_parser("list", help="list the staff").set_defaults(run=_account_list)


def _key_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="command")
    create = commands.add_parser("create", help="make a key and print it")
    create.add_argument("name")
    create.add_argument("--role", choices=list(KeyRole), required=True)
    create.set_defaults(run=_key_create)

    revoke = commands.add_parser("revoke", help="refuse a key from now on")
    revoke.add_argument("id")
    revoke.set_defaults(run=_key_revoke)

    commands.add_parser("list", help="list the keys").set_defaults(run=_key_list)


def _password(options: argparse.Namespace) -> str:
    """Generated, typed twice, or, where no terminal is there, one line of standard input."""
    if options.generate:
        return passwords.generated()
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed = getpass.getpass("Password: ")
    if typed != getpass.getpass("Again: "):
        raise CrmError("The two passwords differ.")
    return typed


def _account_create(stores: Stores, options: argparse.Namespace) -> None:
    password = _password(options)
    name = options.name or options.email
    account = create_account(
        stores, email=options.email, name=name, role=options.role, password=password, by=None, now=utc_now()
    )
    print(f"{account.email} is {account.role}.")
    _print_generated(options, password)


def _account_password(stores: Stores, options: argparse.Namespace) -> None:
    account = accounts.find(stores, options.email)
    password = _password(options)
    accounts.reset_password(stores, account.id, by=None, now=utc_now(), password=password)
    print(f"{account.email} has a new password and is signed out everywhere.")
    _print_generated(options, password)


def _print_generated(options: argparse.Namespace, password: str) -> None:
    if options.generate:
        print(f"Password: {password}")


def _account_list(stores: Stores, _: argparse.Namespace) -> None:
    for account in accounts.listing(stores):
        state = " (disabled)" if account.disabled else ""
        print(f"{account.role or 'no role yet':14} {account.email}  {account.name}{state}")


def _key_create(stores: Stores, options: argparse.Namespace) -> None:
    key_id, key = keys.create(stores, name=options.name, role=options.role, by=None, now=utc_now())
    print(f"{key}\nKept nowhere, so copy it now. Its id is {key_id}.")


def _key_revoke(stores: Stores, options: argparse.Namespace) -> None:
    keys.revoke(stores, options.id, by=None, now=utc_now())
    print("The key is refused from now on.")


def _key_list(stores: Stores, _: argparse.Namespace) -> None:
    for key in keys.listing(stores):
        state = "  (revoked)" if key["revokedAt"] else ""
        print(f"{key['_id']}  {key['role']:9} {key['name']}{state}")


def _audit(stores: Stores, options: argparse.Namespace) -> None:
    looked = wrong = 0
    for part in bookkeeping.audit(stores, repair=options.repair, now=utc_now()):
        looked += part.customers
        for one in part.wrong[: max(0, _LISTED - wrong)]:
            differing = (f"{name} is {was}, should be {should}" for name, (was, should) in one.fields.items())
            print(f"{one.customer_id}: {'; '.join(differing)}")
        wrong += len(part.wrong)
    if lost := bookkeeping.orphans(stores):
        print(f"{lost:,} orders belong to customers that are not there.")
    done = ", set right" if wrong and options.repair else ""
    print(f"{looked:,} customers: {wrong:,} with wrong totals{done}.")
    if wrong and not options.repair:
        raise CrmError("Set them right with: python -m crm audit --repair")


def _make_sample(stores: Stores, options: argparse.Namespace) -> None:
    def progress(done: int, total: int) -> None:
        print(f"\r{done:,} of {total:,} records published", end="", flush=True)

    made = sample.generate(
        stores,
        customers=options.customers,
        orders=options.orders,
        seed=options.seed,
        now=utc_now(),
        progress=progress,
    )
    print(f"\n{made.customers:,} customers and {made.orders:,} orders; the workers persist them now.")


if __name__ == "__main__":
    sys.exit(main())
