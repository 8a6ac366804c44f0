-- Requests with an id: the same id gives the same blocks for a day, as long as the stock lives, also after their shard was revoked:
-- what was issued stays issued. Taking and remembering are one step, so that no reply that is lost can be followed by another one.
--
-- A stream's requests are kept in columns, each a ring of REQUESTS_MAX places: a table of its own for every request would cost five times
-- the processor time, most of it the collector's.

local function new_requests()
  return { places = {}, ids = {}, hashes = {}, lines = {}, rules = {}, times = {}, first = 1, last = 0 }
end

local function place_of(number)
  return (number - 1) % REQUESTS_MAX + 1
end

local function forget_oldest(memory)
  local place = place_of(memory.first)
  memory.places[memory.ids[place]] = nil
  memory.ids[place], memory.hashes[place], memory.lines[place], memory.rules[place] = nil, nil, nil, nil
  memory.first = memory.first + 1
  requests_in_all = requests_in_all - 1
end

local function forget_expired(memory, now)
  while memory.first <= memory.last and now - memory.times[place_of(memory.first)] > REQUEST_MS do
    forget_oldest(memory)
  end
end

-- What was answered to the request: hash, line and the rules of its blocks, one or a list; nil where nothing was.
local function recalled(stream, request, now)
  local memory = stream.requests_kept
  if not memory then
    return nil
  end
  forget_expired(memory, now)
  local place = memory.places[request]
  if not place then
    return nil
  end
  return memory.hashes[place], memory.lines[place], memory.rules[place]
end

-- Keeps an answer: its line, and the rule of its one block, false where it has none, or the rules of its blocks.
local function remember(stream, call, line, rules, now)
  local memory = stream.requests_kept
  if not memory then
    memory = new_requests()
    stream.requests_kept = memory
  end
  local kept = memory.last - memory.first + 1
  if kept >= REQUESTS_MAX or (requests_in_all >= REQUESTS_IN_ALL_MAX and kept > 0) then
    forget_oldest(memory)
  end
  memory.last = memory.last + 1
  local place = place_of(memory.last)
  memory.places[call.request] = place
  memory.ids[place], memory.hashes[place], memory.lines[place] = call.request, call.hash, line
  memory.rules[place], memory.times[place] = rules, now
  requests_in_all = requests_in_all + 1
end

local function sweep_requests(now)
  for _, stream in ipairs(loaded_streams) do
    if stream.requests_kept then
      forget_expired(stream.requests_kept, now)
    end
  end
end
