import unittest
from decimal import Decimal

from shop.basket import Basket
from shop.inventory import Inventory, Product
from shop.receipt import receipt


class ReceiptTest(unittest.TestCase):
    def test_prints_lines_and_total(self) -> None:
        inventory = Inventory()
        inventory.put(Product("apple", Decimal("0.40")), 20)
        inventory.put(Product("bread", Decimal("2.90")), 2)
        basket = Basket(inventory)
        basket.add("apple", 3)
        basket.add("bread")
        lines = receipt(basket).splitlines()
        self.assertEqual(lines[0].split(), ["3", "x", "apple", "1.20"])
        self.assertEqual(lines[-1].split(), ["Total", "4.10"])
