"""What a password's hash costs, whoever computes it."""

import bcrypt
import pytest

from crm import passwords

REAL_ROUNDS = 12


def test_a_hash_costs_a_guesser_thousands_of_rounds(monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []
    quick = bcrypt.gensalt
    monkeypatch.setattr(bcrypt, "gensalt", lambda rounds: asked.append(rounds) or quick(rounds))
    kept = passwords.hashed("a long enough password")
    assert asked == [REAL_ROUNDS]
    assert passwords.matches("a long enough password", kept)
    assert not passwords.matches("a long enough passworD", kept)


def test_no_password_matches_the_stand_in_which_costs_as_much_to_look_at():
    assert passwords.stand_in().startswith(f"$2b${REAL_ROUNDS}$")
    assert not passwords.matches("a long enough password", passwords.stand_in())
