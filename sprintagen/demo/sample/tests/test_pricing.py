import unittest
from decimal import Decimal

from shop.pricing import line_total, round_to_cents


class PricingTest(unittest.TestCase):
    def test_few_pieces_cost_the_full_price(self) -> None:
        self.assertEqual(line_total(Decimal("0.40"), 9), Decimal("3.60"))

    def test_ten_pieces_are_cheaper(self) -> None:
        self.assertEqual(line_total(Decimal("0.40"), 10), Decimal("3.40"))

    def test_many_pieces_are_cheaper(self) -> None:
        self.assertEqual(line_total(Decimal("0.40"), 20), Decimal("6.80"))

    def test_half_a_cent_goes_up(self) -> None:
        self.assertEqual(round_to_cents(Decimal("0.125")), Decimal("0.13"))
