"""The state of a simulated X beside accounts and posts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from bot.sandbox.answers import timestamp
from bot.sandbox.world import World
from bot.sandbox.x.prices import LedgerEntry, price

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from bot.sandbox.state import SimAccount
    from bot.sandbox.x.spec import Spelling

_Dollars = Annotated[Decimal, Field(ge=-1_000_000_000, le=1_000_000_000)]
_CREDIT = TypeAdapter(dict[Literal["balance", "add"], _Dollars])


class XState(World):
    """The state of a simulated X, with which ``XWorld`` answers."""

    def __init__(self, *, now: Callable[[], datetime], seed: int = 1) -> None:
        super().__init__(now=now, seed=seed)
        self.spelling: Spelling = "post"
        """The version of X's specification that holds here (``spec``)."""
        self.duplicate_window = timedelta(hours=12)
        """For how long the same text by the same account is refused [U]."""
        self.balance = Decimal(1000)
        """Prepaid credit, in dollars."""
        self.entries: list[LedgerEntry] = []
        """The charges against the balance."""
        self.one_app = False
        """Whether all accounts use the app of the first."""
        self._read_on: dict[tuple[str, str], date] = {}
        """By app and resource, the UTC day of the last read that was charged."""

    def add_account(self, handle: str, name: str, **more: Any) -> SimAccount:
        """Add an account, as on any platform.

        If it uses the app of the first account, it pays for its own timeline as for others'.
        """
        first = next(iter(self.accounts.values()), None) if self.one_app else None
        account = super().add_account(handle, name, **more)
        if first:
            account.secrets |= {
                key: first.secrets[key] for key in ("consumer_key", "consumer_secret")
            }
            account.owns_app = False
        return account

    @property
    def spent(self) -> Decimal:
        """All charges together, in dollars."""
        return sum((entry.dollars for entry in self.entries), Decimal(0))

    def charge(self, account: SimAccount, item: str, quantity: int = 1) -> None:
        """Book a quantity of an item."""
        if quantity:
            now = self.now()
            dollars = price(item, now) * quantity
            self.entries.append(LedgerEntry(now, account.app, item, quantity, dollars))
            self.balance -= dollars

    def charge_read(self, account: SimAccount, item: str, ids: Iterable[str]) -> None:
        """Book resources that were read, each at most once per UTC day and app."""
        today = self.now().date()
        fresh = {key for key in ids if self._read_on.get((account.app, key)) != today}
        self._read_on |= dict.fromkeys(((account.app, key) for key in fresh), today)
        self.charge(account, item, len(fresh))

    def set_credit(self, body: bytes) -> dict[str, str]:
        """Set the balance by ``{"balance": "0"}``, or add to it by ``{"add": "5"}``, in dollars."""
        amounts = _CREDIT.validate_json(body)
        self.balance = amounts.get("balance", self.balance) + amounts.get("add", 0)
        return {"balance": str(self.balance)}

    def show_ledger(self) -> dict[str, Any]:
        """List every charge, and the balance."""
        rows = [
            {**asdict(entry), "at": timestamp(entry.at), "dollars": str(entry.dollars)}
            for entry in self.entries
        ]
        return {"balance": str(self.balance), "spent": str(self.spent), "entries": rows}
