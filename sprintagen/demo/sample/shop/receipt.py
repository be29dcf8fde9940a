"""The strip of paper at the end."""

from shop.basket import Basket
from shop.pricing import line_total

WIDTH = 32


def receipt(basket: Basket) -> str:
    """One line per product and the total, ready for the printer."""
    lines = [
        _line(f"{quantity} x {product.name}", line_total(product.price, quantity))
        for product, quantity in basket.lines.items()
    ]
    return "\n".join([*lines, "-" * WIDTH, _line("Total", basket.total())])


def _line(text: str, amount: object) -> str:
    return f"{text:<{WIDTH - 8}}{amount:>8}"
