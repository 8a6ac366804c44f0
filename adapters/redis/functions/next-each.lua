-- seqcast_next_each: several calls for values of one stream in one: each is answered and counted as seqcast_next would one after the
-- other, in the form ordinals. For gateways, whose callers come together: a call of its own costs ten times what a call among others does.
--
-- Guarantee  As seqcast_next, for each. First come, first served: once a call is refused for now none behind it gets new values, though
--            there may be enough for a smaller one; what was answered to its request before, it gets. Nothing is taken where an
--            argument is wrong.
-- KEYS[1]    {STREAM}:stock
-- ARGV[1…]   for each call, at most 500: count, numbered, request, payload hash, as for seqcast_next
-- Reply      { each, nonce, reply of seqcast_next … }
local CALL_WIDTH = 4

-- A request among others; one table for all of them, as each is done with before the next one.
local REQUEST = plain_call(false, false)

-- The refusal of what is wrong with the arguments, or nil.
local function wrong_calls(args)
  if #args == 0 or #args % CALL_WIDTH ~= 0 or #args > CALL_WIDTH * CALLS_TOGETHER_MAX then
    return refused('SEQ_INVALID_REQUEST', '1 to ' .. CALLS_TOGETHER_MAX .. ' calls of four arguments each are expected')
  end
  for at = 1, #args, CALL_WIDTH do
    if not count_of(args[at]) then
      return refused('SEQ_INVALID_COUNT', NO_COUNT)
    end
    if not is_word(args[at + 2]) or not is_word(args[at + 3]) then
      return refused('SEQ_INVALID_REQUEST', 'request and payload hash have at most ' .. WORD_LENGTH_MAX .. ' characters')
    end
  end
  return nil
end

-- The call whose arguments begin at args[at].
local function call_at(args, at)
  if args[at + 2] ~= '' then
    REQUEST.request, REQUEST.hash = args[at + 2], args[at + 3]
    return REQUEST
  end
  return args[at + 1] == '1' and NUMBERED_ORDINALS or PLAIN_ORDINALS
end

register('seqcast_next_each', function(keys, args)
  local wrong = wrong_calls(args)
  if wrong then
    return wrong
  end
  local stream, none = stream_asked_for(keys[1])
  if not stream then
    return none
  end
  local now = now_ms()
  end_periods(stream, now)
  local unleased = is_unleased(stream, now)
  local is_refused = false
  local reply = { 'each', life }
  for at = 1, #args, CALL_WIDTH do
    local count, call = tonumber(args[at]), call_at(args, at)
    local answer = answered_before(stream, call, now)
    if not answer and stream.moved then
      answer = { 'moved', life, stream.moved }
    elseif not answer and (is_refused or unleased or stream.available < count) then
      is_refused = true
      answer = refuse_for_now(stream, count, call, now, unleased)
    end
    reply[#reply + 1] = answer or issue(stream, count, call, now)
  end
  return reply
end)
