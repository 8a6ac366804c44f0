-- seqcast_load: takes a shard into the stock, and tells whoever waits.
--
-- Guarantee  A shard is loaded at most once in a life: only by the nonce it was addressed to, and only while its id is above every id
--            seen in its partition; a load that arrives twice or late changes nothing.
-- KEYS[1]    {STREAM}:stock
-- ARGV[1]    nonce
-- ARGV[2-6]  generation, partition, shard, start, end
-- ARGV[7]    ordered            1: recycled ordinals are never issued again from here
-- ARGV[8]    until ms           when the period is over that the values belong to, by this server's clock; 0: never
-- ARGV[9-13] rule for values    start, increment, first pass, period, pass start; left out where ordinals are taken only
-- Reply      { loaded | held | seen | fenced, nonce }

local SHARD_FIELDS = { 'generation', 'partition', 'shard', 'start', 'end' }

local function loaded_before(partition, id)
  local shard = shards[partition] and shards[partition][id]
  return { (shard and not shard.revoked) and 'held' or 'seen', life }
end

-- Up to 16 fields, those included that are set later: one more would double the memory of each shard.
local function add_shard(stream, numbers, ordered, rule)
  local shard = {
    stream = stream,
    generation = numbers[1],
    partition = numbers[2],
    id = numbers[3],
    start = numbers[4],
    finish = numbers[5],
    ordered = ordered,
    rule = rule,
    state = 'loaded',
    -- How the line begins that answers a take from it.
    line = string.format('taken %s 0 %.0f %.0f %.0f ', life, numbers[1], numbers[2], numbers[3]),
    -- Next ordinal never issued; never goes back.
    cursor = numbers[4],
    -- Given back, sorted: { start, end } each.
    recycled = {},
    -- As the last report told it.
    told_cursor = numbers[4],
    -- Most shards have none of these: blocks_out, told_recycled, exhausted_ms, revoked.
  }
  shards[shard.partition] = shards[shard.partition] or {}
  shards[shard.partition][shard.id] = shard
  stream.shards[#stream.shards + 1] = shard
  stream.ordered = ordered
  stream.moved = nil
  stream.ruleless = stream.ruleless + (rule and 0 or 1)
  stream.available = stream.available + shard.finish - shard.start
  enqueue(stream, shard)
  return shard
end

register('seqcast_load', function(keys, args)
  local id = stream_id_of(keys[1])
  if not id then
    return refused('SEQ_INVALID_REQUEST', 'the key is not of the form {sequence/client-type/service}:stock')
  end
  if life == '' or args[1] ~= life then
    return { 'fenced', life }
  end
  local numbers, wrong = wholes(args, 2, SHARD_FIELDS)
  if not numbers then
    return wrong
  end
  if numbers[5] <= numbers[4] then
    return refused('SEQ_INVALID_REQUEST', 'a shard ends behind its start')
  end
  local until_ms = whole(args[8] or '0')
  if not until_ms then
    return refused('SEQ_INVALID_REQUEST', 'until ms is not a whole number below 2^53')
  end
  local rule
  if args[9] then
    rule, wrong = rule_of(args, 9)
    if not rule then
      return wrong
    end
  end
  local partition = numbers[2]
  if numbers[3] <= (seen[partition] or -1) then
    return loaded_before(partition, numbers[3])
  end
  torn = true
  seen[partition] = numbers[3]
  local stream = streams[id] or new_stream(id)
  make_known(stream)
  if not stream.is_loaded then
    stream.is_loaded = true
    loaded_streams[#loaded_streams + 1] = stream
  end
  local shard = add_shard(stream, numbers, args[7] == '1', rule)
  if until_ms > 0 then
    set_period_end(stream, shard, until_ms)
  end
  note(stream)
  torn = false
  -- A notice that cannot be sent is no reason to fail: whoever waits asks again by itself.
  redis.pcall('PUBLISH', LOADED_CHANNEL, id)
  return { 'loaded', life }
end)
