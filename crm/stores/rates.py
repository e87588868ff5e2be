"""Rates that all processes share: token buckets in Redis, `rate:<what>` {n, at}, with expiry.

A bucket fills at its rate, holds a quarter of a second's worth and starts empty, so that never more than its
rate goes out in any stretch of time, but for that quarter of a second after a rest. Nothing is granted until
what is wanted, or half of what the bucket holds, is there: a message at a time would be a transaction each.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from crm.stores.connection import Stores

_HELD = 0.25  # seconds' worth that a bucket holds

_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local granted = tonumber(ARGV[1])
local wait, by = 0, 0
local tokens = {}
for i = 1, #KEYS do
  local rate = tonumber(ARGV[2 * i])
  local holds = math.max(1, tonumber(ARGV[2 * i + 1]))
  local known = redis.call('HMGET', KEYS[i], 'n', 'at')
  local n, at = tonumber(known[1]), tonumber(known[2])
  if not n then n, at = 0, now end
  n = math.min(holds, n + math.max(0, now - at) * rate / 1000)
  tokens[i] = n
  granted = math.min(granted, math.floor(n))
  local least = math.min(tonumber(ARGV[1]), math.max(1, math.floor(holds / 2)))
  if n < least then
    granted = 0
    if (least - n) * 1000 / rate > wait then wait, by = (least - n) * 1000 / rate, i end
  end
end
for i = 1, #KEYS do
  local rate = tonumber(ARGV[2 * i])
  redis.call('HSET', KEYS[i], 'n', tostring(tokens[i] - granted), 'at', tostring(now))
  redis.call('PEXPIRE', KEYS[i], math.ceil(math.max(10000, 4000 / rate)))
end
return {granted, math.ceil(wait), by}
"""


class Grant(NamedTuple):
    """How many may go now; else in how many seconds some may, and the place of the rate that holds them."""

    granted: int
    wait: float
    held_by: int | None


def take(stores: Stores, rates: Sequence[tuple[str, float]], wanted: int) -> Grant:
    """Take up to `wanted` from every one of these buckets (name, a second), as far as all have them."""
    if not rates:
        return Grant(wanted, 0.0, None)
    keys = [stores.key("rate", name) for name, _ in rates]
    arguments = [str(each) for _, rate in rates for each in (rate, rate * _HELD)]
    answer: Any = stores.redis.eval(_TAKE, len(keys), *keys, wanted, *arguments)
    granted, wait, by = (int(each) for each in answer)
    return Grant(granted, wait / 1000, by - 1 if not granted and by else None)


def give_back(stores: Stores, rates: Sequence[tuple[str, float]], unused: int) -> None:
    """Return what was taken and not used."""
    for name, _ in rates if unused > 0 else ():
        key = stores.key("rate", name)
        if stores.redis.exists(key):
            stores.redis.hincrbyfloat(key, "n", unused)
