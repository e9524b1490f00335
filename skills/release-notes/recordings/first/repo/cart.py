def total(items, discount=0):
    """The price of all items, less the discount in percent."""
    price = sum(item["price"] * item["count"] for item in items)
    return price - price * discount / 100


def average(items):
    return total(items) / len(items)
