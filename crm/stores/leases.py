"""Who reads which partition: leases that expire, shared fairly among the workers that want them.

A lease is for speed only. Two workers on one partition meet at the same customers, and one of them has to
do its transaction again; one worker a partition never waits for another. Where a lease is lost or two
workers take themselves for its owner, everything stays right.
"""

from collections.abc import Sequence
from typing import Any

from crm.stores.connection import Stores

# In one step: say that we want a share, renew what we hold, give up what is more than it, and take what is
# free. A worker that lives says so again before its word expires.
_SHARE = """
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local me, lasts = ARGV[1], tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ms)
redis.call('ZADD', KEYS[1], ms + lasts, me)
redis.call('PEXPIRE', KEYS[1], lasts)
local share = math.ceil((#KEYS - 1) / redis.call('ZCARD', KEYS[1]))
local held = {}
for number = 2, #KEYS do
  if redis.call('GET', KEYS[number]) == me then
    if #held < share then
      redis.call('PEXPIRE', KEYS[number], lasts)
      held[#held + 1] = number - 1
    else
      redis.call('DEL', KEYS[number])
    end
  end
end
for number = 2, #KEYS do
  if #held < share and redis.call('SET', KEYS[number], me, 'PX', lasts, 'NX') then
    held[#held + 1] = number - 1
  end
end
return held
"""

_LEAVE = """
redis.call('ZREM', KEYS[1], ARGV[1])
for number = 2, #KEYS do
  if redis.call('GET', KEYS[number]) == ARGV[1] then redis.call('DEL', KEYS[number]) end
end
"""


def share(stores: Stores, role: str, names: Sequence[str], consumer: str, lasts: float) -> tuple[str, ...]:
    """The streams of a role that this consumer is to read for the next `lasts` seconds."""
    held: Any = stores.redis.eval(
        _SHARE, len(names) + 1, *_keys(stores, role, names), consumer, max(int(lasts * 1000), 1)
    )
    return tuple(names[number - 1] for number in sorted(held))


def leave(stores: Stores, role: str, names: Sequence[str], consumer: str) -> None:
    """Give up every lease of this consumer, so that others take them at once."""
    stores.redis.eval(_LEAVE, len(names) + 1, *_keys(stores, role, names), consumer)


def _keys(stores: Stores, role: str, names: Sequence[str]) -> list[str]:
    return [stores.key("readers", role), *(stores.key("lease", name) for name in names)]
