-- Who waits for values of a stream, and for how many: what makes the filler order at once. A waiter that says nothing more is
-- forgotten after WAITER_MS. The waiter without a name is every foreign caller that was refused and said nothing else.

local function can_wait(stream, name)
  return stream.waiter_count < WAITERS_MAX or (stream.waiters and stream.waiters[name] ~= nil)
end

-- `values`: all that the waiter waits for; 0 ends its wait.
local function set_waiter(stream, name, values, now)
  local waiters = stream.waiters
  local before = waiters and waiters[name]
  if values == 0 then
    if before then
      waiters[name] = nil
      stream.waiter_count = stream.waiter_count - 1
    end
    return
  end
  if not waiters then
    waiters = {}
    stream.waiters = waiters
  end
  if not before then
    stream.waiter_count = stream.waiter_count + 1
  end
  waiters[name] = { values = values, since_ms = now }
end

local function is_over(waiter, now)
  return now - waiter.since_ms > WAITER_MS or now < waiter.since_ms
end

-- How many values the waiter with this name waits for.
local function waiting_as(stream, name, now)
  local waiter = stream.waiters and stream.waiters[name]
  return (waiter and not is_over(waiter, now)) and waiter.values or 0
end

-- Values that all waiters of the stream wait for; forgets those whose time is over.
local function waiting_for(stream, now)
  if stream.waiter_count == 0 then
    return 0
  end
  local sum = 0
  for name, waiter in pairs(stream.waiters) do
    if is_over(waiter, now) then
      stream.waiters[name] = nil
      stream.waiter_count = stream.waiter_count - 1
    else
      sum = sum + waiter.values
    end
  end
  return math.min(sum, ORDINAL_MAX)
end
