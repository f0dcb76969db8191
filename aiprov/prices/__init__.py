"""What the work of providers costs: the user's own prices, else published ones. Offline; unknown is None, never 0.

Knows price lists; does not know requests, budgets or who is asked.
"""

from __future__ import annotations

from aiprov.prices.book import OFFERS, OwnPrice, PriceBook

__all__ = ["OFFERS", "OwnPrice", "PriceBook"]
