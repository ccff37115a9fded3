"""Payments drawn at random, and the example's decision on them in Python; not a test itself."""

from __future__ import annotations

from random import Random
from typing import Any

__all__ = ["decide", "draw_payment"]

_ACCOUNTS = ("ACC20480001", "ACC30770104", "ACC11112222", "ACC1", "BBB20480001")
_CURRENCIES = ("BRL", "EUR", "GBP", "JPY", "USD", "CHF")
_PAID_IN = _CURRENCIES[:5]


def draw_payment(random: Random) -> dict[str, Any]:
    """A payment as the flow's input; most of them keep the rules."""
    usual = random.randint(1, 400_000)
    past = [
        {"amount": _text(random.randint(0, 2 * usual)), "minutes-ago": random.randint(0, 240)}
        for _ in range(random.choice([0, 1, 2, 5, 9]))
    ]
    broken = random.random() < 0.3
    return {
        "from-account": random.choice(_ACCOUNTS if broken else _ACCOUNTS[:1]),
        "to-account": random.choice(_ACCOUNTS if broken else _ACCOUNTS[1:3]),
        "amount": _text(random.choice([0, usual, usual // 4 + 1, 3 * usual, 10_000_001])),
        "currency": random.choice(_CURRENCIES if broken else _CURRENCIES[:3]),
        "history": past,
    }


def decide(payment: dict[str, Any]) -> dict[str, Any]:
    """The decision that the flow payment-approval is to come to."""
    broken = [
        f"{rule}: {reason}"
        for rule, reason in (
            ("amount", _amount(payment)),
            ("currency", _currency(payment)),
            ("account", _account(payment)),
        )
        if reason
    ]
    velocity, size = _velocity(payment), _size(payment)
    total = 100 if broken else (40 * velocity + 60 * size + 50) // 100
    reasons = ", ".join(broken or [f"velocity {velocity}", f"amount {size}"])
    what = f"{payment['amount']} {payment['currency']} to {payment['to-account']}"
    if total < 30:
        outcome, said = "approved", "approved"
    elif total < 70:
        desk = "treasury" if _cents(payment["amount"]) >= 100_000 else "payments desk"
        outcome, said = "handed-over", f"handed over to the {desk}"
    else:
        outcome, said = "rejected", "rejected"
    return {"outcome": outcome, "score": total, "reason": f"{what} {said} ({reasons})"}


def _amount(payment: dict[str, Any]) -> str:
    amount = payment["amount"]
    if _cents(amount) <= 0:
        return f"{amount} is not an amount to pay"
    return f"{amount} is more than 100000.00" if _cents(amount) > 10_000_000 else ""


def _currency(payment: dict[str, Any]) -> str:
    amount, currency = payment["amount"], payment["currency"]
    if currency not in _PAID_IN:
        return f"we do not pay in {currency}"
    if currency == "JPY" and _cents(amount) % 100:
        return f"{amount} JPY: the yen has no smaller unit"
    return ""


def _account(payment: dict[str, Any]) -> str:
    pays, paid = payment["from-account"], payment["to-account"]
    for account in (pays, paid):
        if not (account.startswith("ACC") and len(account) == 11 and account[3:].isdigit()):
            return f'"{account}" is not an account'
    return f"{pays} would pay itself" if pays == paid else ""


def _velocity(payment: dict[str, Any]) -> int:
    history = payment["history"]
    recent = [_cents(past["amount"]) for past in history if past["minutes-ago"] <= 60]
    if not history:
        return 50
    if len(recent) > 5:
        return 100
    return min(sum(recent) * 100 // (sum(_cents(past["amount"]) for past in history) + 100), 100)


def _size(payment: dict[str, Any]) -> int:
    history = payment["history"]
    if not history:
        return 75
    mean = _half_even(sum(_cents(past["amount"]) for past in history), len(history))
    return min(_cents(payment["amount"]) * 100 // (mean * 4 + 100), 100)


def _half_even(total: int, parts: int) -> int:
    whole, rest = divmod(total, parts)
    return whole + (2 * rest > parts or (2 * rest == parts and whole % 2 == 1))


def _cents(text: str) -> int:
    return int(text.replace(".", ""))


def _text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
