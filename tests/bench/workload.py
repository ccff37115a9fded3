"""What every engine does: pure functions over one small JSON record.

An approval is seven steps. `approved` does them with no engine, which is the answer that all are to
give. Whole numbers only: amounts in hundredths, scores in millionths. Imports nothing of the
product.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

__all__ = ["LONG_STEPS", "STEPS", "Payment", "Results", "approved", "payment", "trivial"]

Payment = dict[str, Any]
Results = dict[str, Any]
Step = Callable[[Payment, Results], Any]

LONG_STEPS = 500
"""Of the long workflow."""

_CURRENCIES = ("USD", "EUR", "GBP", "BRL", "JPY")
_MILLION = 1_000_000


def payment(number: int) -> Payment:
    """A payment, the same for the same number."""
    chance = random.Random(number)
    return {
        "amount": chance.randrange(100, 2_000_000),
        "currency": chance.choice((*_CURRENCIES, "XXX")),
        "from-account": f"ACC{chance.randrange(10**8):08d}",
        "to-account": f"ACC{chance.randrange(10**8):08d}",
        "history": [chance.randrange(100, 500_000) for _ in range(10)],
    }


def validate_amount(given: Payment, _done: Results) -> bool:
    return 0 < int(given["amount"]) <= 1_500_000


def validate_currency(given: Payment, _done: Results) -> bool:
    return given["currency"] in _CURRENCIES


def validate_account(given: Payment, _done: Results) -> bool:
    accounts = given["from-account"], given["to-account"]
    known = all(each.startswith("ACC") and each[3:].isdigit() for each in accounts)
    return known and accounts[0] != accounts[1]


def velocity_score(given: Payment, _done: Results) -> int:
    history: list[int] = given["history"]
    return min(_MILLION, sum(history[-3:]) * _MILLION // (sum(history) + 1))


def amount_score(given: Payment, _done: Results) -> int:
    mean = sum(given["history"]) // len(given["history"])
    return min(_MILLION, int(given["amount"]) * _MILLION // (4 * mean + 1))


def combine_score(_given: Payment, done: Results) -> int:
    return int(4 * done["velocity_score"] + 6 * done["amount_score"]) // 10


def threshold_decision(_given: Payment, done: Results) -> bool:
    rules = ("validate_amount", "validate_currency", "validate_account")
    return all(done[rule] for rule in rules) and done["combine_score"] < 600_000


STEPS: tuple[Step, ...] = (
    validate_amount, validate_currency, validate_account, velocity_score, amount_score,
    combine_score, threshold_decision,
)  # fmt: skip
"""In the order in which they are done."""


def approved(given: Payment) -> bool:
    """All seven steps with no engine."""
    done: Results = {}
    for step in STEPS:
        done[step.__name__] = step(given, done)
    return bool(done["threshold_decision"])


def trivial(count: int) -> int:
    """One step of the long workflow."""
    return count + 1
