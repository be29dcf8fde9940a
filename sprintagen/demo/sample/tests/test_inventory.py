import unittest
from decimal import Decimal

from shop.inventory import Inventory, OutOfStock, Product

APPLE = Product("apple", Decimal("0.40"))


class InventoryTest(unittest.TestCase):
    def test_counts_what_was_put_in(self) -> None:
        inventory = Inventory()
        inventory.put(APPLE, 3)
        inventory.put(APPLE, 2)
        self.assertEqual(inventory.count("apple"), 5)

    def test_taking_too_many_changes_nothing(self) -> None:
        inventory = Inventory()
        inventory.put(APPLE, 3)
        with self.assertRaises(OutOfStock):
            inventory.take("apple", 4)
        self.assertEqual(inventory.count("apple"), 3)

    def test_unknown_products_count_zero(self) -> None:
        self.assertEqual(Inventory().count("durian"), 0)
