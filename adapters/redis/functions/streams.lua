-- A stream's stock: its shards in the order they were loaded, what happened since the last poll, and who waits.

local function key_of(id)
  return '{' .. id .. '}:stock'
end

-- Up to 32 fields, those included that are set later: one more would double the memory of each stream.
local function new_stream(id)
  local stream = {
    id = id,
    -- Unissued ordinals that a take can have now.
    available = 0,
    -- Shards with ordinals left, oldest first, at first .. last.
    queue = {},
    first = 1,
    last = 0,
    -- Every shard that is here, revoked ones too, in the order of loading.
    shards = {},
    exhausted = 0,
    -- Shards of which nobody said how ordinals become values.
    ruleless = 0,
    ordered = false,
    -- Known: it was loaded, or its filler spoke of it.
    known = false,
    -- At or below it the stream is short; no stock is below zero.
    reorder_point = -1,
    report = forgotten_reports,
    waiter_count = 0,
    told_waiting = 0,
    asked_ms = last_ms,
    -- In the list of the next poll; with something to tell.
    is_noted = false,
    has_news = false,
    requests = 0,
    stalls = 0,
    demanded = 0,
    issued = 0,
    returned = 0,
    largest = 0,
  }
  streams[id] = stream
  streams_by_key[key_of(id)] = stream
  unknown_streams[stream] = true
  unknown_count = unknown_count + 1
  return stream
end

local function make_known(stream)
  if stream.known then
    return
  end
  stream.known = true
  unknown_streams[stream] = nil
  unknown_count = unknown_count - 1
end

-- The next poll looks at the stream.
local function watch(stream)
  if not stream.is_noted then
    stream.is_noted = true
    noted[#noted + 1] = stream
  end
end

-- Something happened that the next poll tells.
local function note(stream)
  stream.has_news = true
  watch(stream)
end

local function enqueue(stream, shard)
  stream.last = stream.last + 1
  stream.queue[stream.last] = shard
end

local function enqueue_first(stream, shard)
  stream.first = stream.first - 1
  stream.queue[stream.first] = shard
end

local function dequeue_first(stream)
  stream.queue[stream.first] = nil
  stream.first = stream.first + 1
end

-- True when takes could still reach the shard.
local function dequeue(stream, shard)
  for at = stream.first, stream.last do
    if stream.queue[at] == shard then
      for later = at, stream.last do
        stream.queue[later] = stream.queue[later + 1]
      end
      stream.last = stream.last - 1
      return true
    end
  end
  return false
end

-- Forgets streams that were only asked for, and that nobody asks for any more.
local function sweep_streams(now)
  for stream in pairs(unknown_streams) do
    if now - stream.asked_ms > UNKNOWN_STREAM_MS and not stream.is_noted then
      forgotten_reports = math.max(forgotten_reports, stream.report)
      streams[stream.id] = nil
      streams_by_key[key_of(stream.id)] = nil
      unknown_streams[stream] = nil
      unknown_count = unknown_count - 1
    end
  end
end
