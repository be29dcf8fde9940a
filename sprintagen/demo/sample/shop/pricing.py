"""What things cost: the bulk discount, and rounding to whole cents."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
BULK_QUANTITY = 10
BULK_DISCOUNT = Decimal("0.15")


def line_total(unit_price: Decimal, quantity: int) -> Decimal:
    """The price of several pieces of one product, cheaper from BULK_QUANTITY on."""
    total = unit_price * quantity
    if quantity > BULK_QUANTITY:
        total -= total * BULK_DISCOUNT
    return round_to_cents(total)


def round_to_cents(amount: Decimal) -> Decimal:
    """Half a cent goes up, as on every receipt."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
