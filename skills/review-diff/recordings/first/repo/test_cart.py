from cart import total


def test_total():
    assert total([{"price": 2, "count": 3}], discount=50) == 3
