"""The product's own web process with one route more, for `streamlit run benchmarks/web.py`.

`POST /api/orders-checked` does what `POST /api/orders` does but for one thing: it publishes nothing. So it is
the limit that the real route is held against, in the same process, behind the same sign-in.
"""

from typing import Any

from starlette.applications import Starlette

import app as product
from api.bodies import OneRecord
from api.orders import Buyer
from crm.ingestion.headers import ORDERS
from crm.ingestion.records import from_json
from crm.stores.connection import new_id


@product.api.post("/api/orders-checked", status_code=202)
def check(account: Buyer, record: OneRecord) -> dict[str, str]:
    """Validate an order, and answer."""
    record = {**record, "orderReference": record.get("orderReference") or new_id()}
    from_json(ORDERS, record)
    return {"message": "Order accepted", "orderReference": str(record["orderReference"])}


app: Any = Starlette()  # `streamlit run` looks for such a line to see that this is an application
app = product.app
