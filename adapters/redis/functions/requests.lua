-- Requests with an id: the same id gives the same blocks for a day, as long as the stock lives, also after their shard was revoked:
-- what was issued stays issued. Taking and remembering are one step, so that no reply that is lost can be followed by another one.

local function forget_oldest(memory)
  memory.by_id[memory.order[memory.first]] = nil
  memory.order[memory.first] = nil
  memory.first = memory.first + 1
  requests_in_all = requests_in_all - 1
end

local function forget_expired(memory, now)
  while memory.first <= memory.last and now - memory.by_id[memory.order[memory.first]].at_ms > REQUEST_MS do
    forget_oldest(memory)
  end
end

-- What was answered to the request, or nil.
local function recalled(stream, request, now)
  local memory = stream.requests_kept
  if not memory then
    return nil
  end
  forget_expired(memory, now)
  return memory.by_id[request]
end

-- Keeps an answer, as `take` gave it.
local function remember(stream, request, hash, taken, rules, now)
  local memory = stream.requests_kept
  if not memory then
    memory = { by_id = {}, order = {}, first = 1, last = 0 }
    stream.requests_kept = memory
  end
  local kept = memory.last - memory.first + 1
  if kept >= REQUESTS_MAX or (requests_in_all >= REQUESTS_IN_ALL_MAX and kept > 0) then
    forget_oldest(memory)
  end
  memory.last = memory.last + 1
  memory.order[memory.last] = request
  memory.by_id[request] = { hash = hash, taken = taken, rules = rules, at_ms = now }
  requests_in_all = requests_in_all + 1
end

local function sweep_requests(now)
  for _, stream in ipairs(loaded_streams) do
    if stream.requests_kept then
      forget_expired(stream.requests_kept, now)
    end
  end
end
