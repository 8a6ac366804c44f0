-- Values that begin again: a shard of a period that is over is issued no more, by this server's clock, as core/stock/take.ts does it. It
-- stays until its return is asked for; a clock that is set back does not bring it back.

-- Ends of periods by shard, beside the shards, most of which have none.
local function set_period_end(stream, shard, until_ms)
  stream.period_ends = stream.period_ends or {}
  stream.period_ends[shard] = until_ms
  stream.until_ms = math.min(stream.until_ms or until_ms, until_ms)
end

-- Out of the queue for good.
local function has_ended(stream, shard)
  return stream.period_ends ~= nil and stream.period_ends[shard] == 0
end

-- The shard is in the queue again: its period, if it has one, ends as it did.
local function watch_period(stream, shard)
  local until_ms = stream.period_ends and stream.period_ends[shard]
  if until_ms then
    stream.until_ms = math.min(stream.until_ms or until_ms, until_ms)
  end
end

local function forget_period(stream, shard)
  if stream.period_ends then
    stream.period_ends[shard] = nil
  end
end

local function unissued_of(shard)
  local unissued = shard.finish - shard.cursor
  if not shard.ordered then
    for _, slice in ipairs(shard.recycled) do
      unissued = unissued + slice[2] - slice[1]
    end
  end
  return unissued
end

-- Takes out of the queue what belongs to a period that is over; the time is only asked for where there are periods.
local function end_periods(stream, now)
  if not stream.until_ms then
    return
  end
  now = now or now_ms()
  if now < stream.until_ms then
    return
  end
  torn = true
  local ended = {}
  stream.until_ms = nil
  for at = stream.first, stream.last do
    local shard = stream.queue[at]
    local until_ms = stream.period_ends[shard]
    if until_ms and until_ms <= now then
      ended[#ended + 1] = shard
    elseif until_ms then
      stream.until_ms = math.min(stream.until_ms or until_ms, until_ms)
    end
  end
  for _, shard in ipairs(ended) do
    dequeue(stream, shard)
    stream.available = stream.available - unissued_of(shard)
    stream.period_ends[shard] = 0
  end
  note(stream)
  torn = false
end
