"""What is in stock."""

from dataclasses import dataclass
from decimal import Decimal


class OutOfStock(Exception):
    """Fewer pieces are left than somebody wants to take."""


@dataclass(frozen=True)
class Product:
    name: str
    price: Decimal


class Inventory:
    """Products by name, and how many of each are left."""

    def __init__(self) -> None:
        self._products: dict[str, Product] = {}
        self._counts: dict[str, int] = {}

    def put(self, product: Product, count: int) -> None:
        """Adds pieces of a product, a new or a known one."""
        self._products[product.name] = product
        self._counts[product.name] = self.count(product.name) + count

    def take(self, name: str, count: int) -> Product:
        """Removes pieces; raises OutOfStock and removes none when there are too few."""
        if self.count(name) < count:
            raise OutOfStock(f"{count} {name} wanted, {self.count(name)} left")
        self._counts[name] -= count
        return self._products[name]

    def count(self, name: str) -> int:
        """How many are left; 0 for something the shop has never had."""
        return self._counts.get(name, 0)

    def names(self) -> list[str]:
        """Every product the shop knows, in alphabetical order."""
        return sorted(self._products)
