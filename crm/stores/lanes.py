"""Whose turn it is: the batches of each campaign wait in a lane of its own, and lanes take turns.

| key | type | holds |
|---|---|---|
| `lane:<campaignId>` | list | plan batches that wait to be sent, as entries of the send stream |
| `lanes` | list | campaigns whose lane is not empty, in the order of their turns |
| `later` | sorted set | entries of the send and the receipts stream by the millisecond they are due |

`pump` keeps a limited number of entries on the send stream: first those that are due, then one of each lane
in turn. So a campaign that was launched just now does not wait behind all the batches of a large one, and
campaigns that are slowed down by a rate share it alike. All of it can be made again from MongoDB.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

import orjson

from crm.stores import streams
from crm.stores.connection import Stores

AHEAD = 48  # entries on the send stream, in hand or waiting, beyond which no lane has a turn
FEW = 12  # the same where a rate holds a campaign, so that turns are short
_DUE = 500
_CHUNK = 1_000

_PUMP = """
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[3], 'LIMIT', 0, ARGV[4])
for _, member in ipairs(due) do
  local first = string.find(member, '\\n', 1, true)
  local second = string.find(member, '\\n', first + 1, true)
  redis.call('XADD', ARGV[5] .. string.sub(member, 1, first - 1), '*', 'd', string.sub(member, second + 1))
  redis.call('ZREM', KEYS[2], member)
end
local ahead = 0
local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
if not groups.err then
  for _, group in ipairs(groups) do
    local facts = {}
    for i = 1, #group, 2 do facts[group[i]] = group[i + 1] end
    if facts['name'] == ARGV[1] then
      ahead = facts['pending'] + (facts['lag'] or redis.call('XLEN', KEYS[1]))
    end
  end
end
local moved = #due
while ahead < tonumber(ARGV[2]) do
  local campaign = redis.call('LPOP', KEYS[3])
  if not campaign then break end
  local lane = ARGV[6] .. campaign
  local entry = redis.call('LPOP', lane)
  if entry then
    redis.call('XADD', KEYS[1], '*', 'd', entry)
    ahead = ahead + 1
    moved = moved + 1
    if redis.call('LLEN', lane) > 0 then redis.call('RPUSH', KEYS[3], campaign) end
  end
end
return moved
"""

_JOIN = """
if redis.call('LPOS', KEYS[1], ARGV[1]) == false then redis.call('RPUSH', KEYS[1], ARGV[1]) end
return 1
"""


def open_lane(stores: Stores, campaign_id: str, entries: Iterable[Any], ahead: int = AHEAD) -> int:
    """Make these the entries that a campaign waits with, instead of those it had. Returns how many.

    `ahead` as for `pump`.
    """
    lane, waiting = _lane(stores, campaign_id), iter(entries)
    stores.redis.delete(lane)
    count = 0
    while chunk := [orjson.dumps(entry) for entry in islice(waiting, _CHUNK)]:
        stores.redis.rpush(lane, *chunk)
        count += len(chunk)
        if count == len(chunk):
            _join(stores, campaign_id)
            pump(stores, ahead=ahead)
    _join(stores, campaign_id)
    return count


def give_back(stores: Stores, campaign_id: str, entry: Any) -> None:
    """Put an entry that is not finished at the front of its lane: it goes on when its turn comes."""
    lane, given = _lane(stores, campaign_id), orjson.dumps(entry).decode()
    stores.redis.lrem(lane, 0, given)  # what is asked for twice is done once
    stores.redis.lpush(lane, given)
    _join(stores, campaign_id)


def close_lane(stores: Stores, campaign_id: str) -> None:
    """Let nothing of this campaign go out; what is on the stream already finds it is not running."""
    stores.redis.delete(_lane(stores, campaign_id))
    stores.redis.lrem(stores.key("lanes"), 0, campaign_id)


def later(stores: Stores, stream: str, entry: Any, due: datetime) -> None:
    """Publish an entry at this instant, give or take a second."""
    # The same answer may be due twice; the same batch is due once, at the earlier time.
    mark = secrets.token_hex(6) if stream == streams.RECEIPTS else ""
    member = b"\n".join([stream.encode(), mark.encode(), orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)])
    score = {member: due.timestamp() * 1000}
    stores.redis.zadd(stores.key("later"), score, lt=True)


def pump(stores: Stores, now: datetime | None = None, ahead: int = AHEAD) -> int:
    """Move entries that are due, and then those whose turn it is, onto their streams; how many.

    Without `now`, only turns are taken. No lane has a turn while `ahead` entries are on the send stream.
    """
    keys = [streams.key(stores, streams.SEND), stores.key("later"), stores.key("lanes")]
    until = now.timestamp() * 1000 if now else 0
    prefixes = [stores.key("stream", ""), stores.key("lane", "")]
    moved: Any = stores.redis.eval(_PUMP, 3, *keys, streams.GROUP, ahead, until, _DUE, *prefixes)
    return int(moved)


def waiting(stores: Stores) -> int:
    """How many campaigns have batches that wait for their turn."""
    return int(stores.redis.llen(stores.key("lanes")))


def postponed(stores: Stores) -> int:
    """How many entries are to be published later."""
    return int(stores.redis.zcard(stores.key("later")))


def _lane(stores: Stores, campaign_id: str) -> str:
    return stores.key("lane", campaign_id)


def _join(stores: Stores, campaign_id: str) -> None:
    stores.redis.eval(_JOIN, 1, stores.key("lanes"), campaign_id)
