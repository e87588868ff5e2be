"""What the sample shop sells: 60 products in 8 categories, prices in rupees."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    product_id: str
    name: str
    category: str
    price: float


_CATEGORIES: dict[str, str] = {
    "Kitchen": """Mug 249, Steel tiffin box 549, Masala dabba 899, Pressure cooker 2499, Cast-iron tawa 1599,
        Chef's knife 1299, Copper bottle 1049, Mixer grinder 4299""",
    "Home": """Cotton bed sheet 1199, Cushion cover 299, Jute rug 1899, Table lamp 1499, Brass diya set 699,
        Scented candle 399, Wall clock 1099, Bookshelf 6499""",
    "Clothing": """Cotton kurta 999, Handloom saree 3499, Linen shirt 1699, Denim jeans 1999,
        Silk dupatta 1299, Winter jacket 3999, T-shirt 499, Ankle socks 149""",
    "Footwear": """Kolhapuri sandals 899, Running shoes 3299, Leather loafers 2799, Flip-flops 299,
        School shoes 799, Trekking boots 4999, Juttis 1099""",
    "Electronics": """Wireless earbuds 2499, Power bank 1299, Smart watch 4999, Bluetooth speaker 3499,
        Phone case 349, Tablet 14999, USB-C cable 299, Noise-cancelling headphones 8999""",
    "Beauty": """Neem face wash 199, Sandalwood soap 99, Rose water 149, Argan hair oil 599, Kajal 249,
        Perfume 1899, Sunscreen 449""",
    "Books": """Cook book 599, Paperback novel 349, Children's atlas 799, Poetry in translation 299,
        Colouring book 149, Travel guide 699, Photo book 1999""",
    "Sports": """Cricket bat 2999, Yoga mat 799, Skipping rope 199, Badminton racket 1499, Football 899,
        Dumbbell pair 1799, Carrom board 2299""",
}


def _catalogue() -> tuple[Product, ...]:
    products: list[Product] = []
    for category, goods in _CATEGORIES.items():
        for entry in goods.split(","):
            name, price = entry.strip().rsplit(" ", 1)
            products.append(Product(f"P{len(products) + 1:03}", name, category, float(price)))
    return tuple(products)


CATALOGUE = _catalogue()
