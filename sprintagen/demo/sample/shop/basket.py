"""What a customer takes to the till."""

from decimal import Decimal

from shop.inventory import Inventory, Product
from shop.pricing import line_total


class Basket:
    """Products taken out of an inventory, not paid yet."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self.lines: dict[Product, int] = {}

    def add(self, name: str, quantity: int = 1) -> None:
        """Takes pieces off the shelf; raises OutOfStock when there are too few."""
        product = self._inventory.take(name, quantity)
        self.lines[product] = self.lines.get(product, 0) + quantity

    def total(self) -> Decimal:
        """What the customer pays."""
        return sum((line_total(product.price, quantity) for product, quantity in self.lines.items()), Decimal(0))
