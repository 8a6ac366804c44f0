-- seqcast_next: issues COUNT values of a stream, all or none.
--
-- Guarantee  No ordinal is issued twice: the cursor moves in the same atomic step, and what was loaded in another life of this stock
--            is not here. The same request id gives the same blocks again. An ordered stream is served only while its filler vouches
--            for this life.
-- KEYS[1]    {STREAM}:stock     routes the call in a Cluster, and names the stream; nothing is stored there
-- ARGV[1]    count              1..10000
-- ARGV[2]    form               values (also when left out): runs of values; ordinals: blocks, for callers that know the ledger
-- ARGV[3]    numbered           1: each block may be given back once; never with a request id
-- ARGV[4]    again              1: asks again for what was refused, and is not counted again
-- ARGV[5]    waiter             who keeps callers waiting; empty: nobody waits. In the form values a refused caller that names none
--                               counts as waiting for 2 s
-- ARGV[6]    waiting            for how many values in all, these included
-- ARGV[7]    request            id under which the answer is kept for a day; empty: none
-- ARGV[8]    payload hash       what the request asks for, in the caller's own words
-- Reply      { taken, nonce, { { first value, count, increment, ordinal, generation, partition, shard, block } … }, repeated }
--            in the form ordinals one line: taken nonce repeated generation partition shard ordinal count block …
--            { empty, nonce, stock } | { moved, nonce, pool } | { unleased, nonce } | { conflict, nonce }

local NO_RULE = 'this stream was loaded without a rule for values: take ordinals'

local function has_all_rules(rules)
  for _, rule in ipairs(rules) do
    if not rule then
      return false
    end
  end
  return true
end

-- The numbers of a line that answered a take.
local function taken_of(line)
  local taken = {}
  for number in string.gmatch(string.match(line, '^taken %S+ %d(.*)$'), '%d+') do
    taken[#taken + 1] = tonumber(number)
  end
  return taken
end

local function repeated_answer(as_values, line, rules)
  if not as_values then
    return (string.gsub(line, '^(taken %S+) 0', '%1 1'))
  end
  local taken = taken_of(line)
  local of_blocks = #taken == TAKEN_WIDTH and { rules } or rules
  if not has_all_rules(of_blocks) then
    return refused('SEQ_UNSUPPORTED', NO_RULE)
  end
  return { 'taken', life, runs_of(taken, of_blocks), 1 }
end

-- The stream of a key, made where it is new; nil and a refusal where it cannot be.
local function stream_asked_for(key)
  local stream = streams_by_key[key]
  if stream then
    return stream
  end
  local id = stream_id_of(key)
  if not id then
    return nil, refused('SEQ_INVALID_REQUEST', 'the key is not of the form {sequence/client-type/service}:stock')
  end
  if unknown_count >= UNKNOWN_STREAMS_MAX then
    return nil, refused('SEQ_TOO_MANY_WAITING', UNKNOWN_STREAMS_MAX .. ' streams without stock are asked for already')
  end
  return new_stream(id)
end

local function count_call(stream, count)
  stream.requests = stream.requests + 1
  stream.demanded = stream.demanded + count
  if count > stream.largest then
    stream.largest = count
  end
end

-- Counts a call that gets nothing now, and keeps in mind who waits.
local function refuse_for_now(stream, count, call, now, unleased)
  local waiter, waiting = call.waiter, call.waiting
  if call.as_values and waiter == '' then
    waiting = math.max(count, waiting_as(stream, '', now))
  end
  if (waiter ~= '' or call.as_values) and not can_wait(stream, waiter) then
    return refused('SEQ_TOO_MANY_WAITING', WAITERS_MAX .. ' callers wait for the stream already')
  end
  if waiter ~= '' or call.as_values then
    set_waiter(stream, waiter, waiting, now)
  end
  stream.asked_ms = now
  if not call.again then
    count_call(stream, count)
    stream.stalls = stream.stalls + 1
  end
  note(stream)
  if unleased and stream.available >= count then
    return { 'unleased', life }
  end
  return { 'empty', life, stream.available }
end

-- Whoever waited for these waits for fewer now.
local function end_wait(stream, count, call, now)
  if call.waiter ~= '' then
    local left = math.max(0, call.waiting - count)
    if left == 0 or can_wait(stream, call.waiter) then
      set_waiter(stream, call.waiter, left, now)
    end
  elseif call.as_values and waiting_as(stream, '', now) <= count then
    set_waiter(stream, '', 0, now)
  end
end

-- One block, the short way: with one string for ordinals and one run for values.
local function issue_block(stream, count, call, now)
  local shard, start, block = take_block(stream, count, call.numbered and call.request == '')
  local line
  if call.request ~= '' or not call.as_values then
    line = string.format(block == 0 and '%s%.0f %d 0' or '%s%.0f %d %.0f', shard.line, start, count, block)
  end
  if call.request ~= '' then
    remember(stream, call, line, shard.rule or false, now)
  end
  torn = false
  return call.as_values and { 'taken', life, { run_of(shard, start, count, block) }, 0 } or line
end

local function issue_blocks(stream, count, call, now)
  local is_kept = call.request ~= ''
  local taken, rules = {}, {}
  take(stream, count, call.numbered and not is_kept, taken, rules)
  local line = (is_kept or not call.as_values) and line_of(taken)
  if is_kept then
    remember(stream, call, line, #rules == 1 and rules[1] or rules, now)
  end
  torn = false
  return call.as_values and { 'taken', life, runs_of(taken, rules), 0 } or line
end

-- `now`: the time where the caller has asked for it, else nil; asking costs as much as taking.
local function issue(stream, count, call, now)
  if call.as_values and not has_rules(stream, count) then
    return refused('SEQ_UNSUPPORTED', NO_RULE)
  end
  local is_kept = call.request ~= ''
  local has_waiters = call.waiting > 0 or stream.waiter_count > 0
  -- Asked before anything changes: who may not ask for the time must not leave anything half done.
  now = now or ((is_kept or has_waiters) and now_ms() or 0)
  torn = true
  if not call.again then
    count_call(stream, count)
  end
  note(stream)
  if has_waiters then
    end_wait(stream, count, call, now)
  end
  if is_one_block(stream, count, call.as_values) then
    return issue_block(stream, count, call, now)
  end
  return issue_blocks(stream, count, call, now)
end

local function plain_call(as_values, numbered)
  return { as_values = as_values, numbered = numbered, again = false, waiter = '', waiting = 0, request = '', hash = '' }
end

local PLAIN_VALUES, NUMBERED_VALUES = plain_call(true, false), plain_call(true, true)
local PLAIN_ORDINALS, NUMBERED_ORDINALS = plain_call(false, false), plain_call(false, true)

local NO_COUNT = 'the count is not a whole number from 1 to ' .. COUNT_MAX

local function count_of(text)
  local count = tonumber(text)
  return count and count >= 1 and count <= COUNT_MAX and count % 1 == 0 and count or nil
end

-- The call that the arguments describe; nil and a refusal where one of them is wrong.
local function call_of(args)
  if not args[2] then
    return PLAIN_VALUES
  end
  if args[2] ~= 'values' and args[2] ~= 'ordinals' then
    return nil, refused('SEQ_INVALID_REQUEST', 'the form is neither values nor ordinals')
  end
  local as_values = args[2] == 'values'
  if not args[4] then
    if args[3] == '1' then
      return as_values and NUMBERED_VALUES or NUMBERED_ORDINALS
    end
    return as_values and PLAIN_VALUES or PLAIN_ORDINALS
  end
  local waiter, request, hash = args[5] or '', args[7] or '', args[8] or ''
  local waiting = whole(args[6] or '0')
  if not waiting then
    return nil, refused('SEQ_INVALID_REQUEST', 'waiting is not a whole number')
  end
  if not is_word(waiter) or not is_word(request) or not is_word(hash) then
    return nil, refused('SEQ_INVALID_REQUEST', 'waiter, request and payload hash have at most ' .. WORD_LENGTH_MAX .. ' characters')
  end
  return {
    as_values = as_values,
    numbered = args[3] == '1',
    again = args[4] == '1',
    waiter = waiter,
    waiting = waiting,
    request = request,
    hash = hash,
  }
end

-- True while nobody vouches for an ordered stream.
local function is_unleased(stream, now)
  return stream.ordered and (now or now_ms()) >= leased_until_ms
end

-- What was answered to the call's request before, as an answer; nil where it names none, or one that is new.
local function answered_before(stream, call, now)
  if call.request == '' then
    return nil
  end
  local hash, line, rules = recalled(stream, call.request, now)
  if not hash then
    return nil
  end
  return hash == call.hash and repeated_answer(call.as_values, line, rules) or { 'conflict', life }
end

local function next_values(keys, args)
  local count = count_of(args[1])
  if not count then
    return refused('SEQ_INVALID_COUNT', NO_COUNT)
  end
  local call, wrong = call_of(args)
  if not call then
    return wrong
  end
  local stream, none = stream_asked_for(keys[1])
  if not stream then
    return none
  end
  local now = call.request ~= '' and now_ms() or nil
  local before = answered_before(stream, call, now)
  if before then
    return before
  end
  if stream.moved then
    return { 'moved', life, stream.moved }
  end
  end_periods(stream, now)
  local unleased = is_unleased(stream, now)
  if unleased or stream.available < count then
    return refuse_for_now(stream, count, call, now or now_ms(), unleased)
  end
  return issue(stream, count, call, now)
end

register('seqcast_next', next_values)
