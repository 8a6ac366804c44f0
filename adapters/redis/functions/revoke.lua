-- seqcast_revoke: takes everything unissued out of a shard.
--
-- Guarantee  Atomic with reading the cursor, and marks the id seen, so that a delayed load fails. The reply is repeated, alike, until
--            the shard is forgotten; blocks of it that are out cannot come back any more.
-- KEYS       none
-- ARGV[1]    nonce
-- ARGV[2-3]  partition, shard
-- Reply      { revoked, nonce, { start, end … } } | { absent, nonce } | { fenced, nonce }

-- What was never issued or came back, as a flat list. Where an order is kept the fresh rest stays a slice of its own: only that may
-- be issued by the same stream again.
local function unissued_slices(shard)
  local slices = {}
  for _, slice in ipairs(shard.recycled) do
    slices[#slices + 1] = slice[1]
    slices[#slices + 1] = slice[2]
  end
  if shard.cursor < shard.finish then
    if not shard.ordered and slices[#slices] == shard.cursor then
      slices[#slices] = shard.finish
    else
      slices[#slices + 1] = shard.cursor
      slices[#slices + 1] = shard.finish
    end
  end
  return slices
end

local function take_out(shard)
  local stream = shard.stream
  local slices = unissued_slices(shard)
  torn = true
  if shard.state == 'exhausted' then
    stream.exhausted = stream.exhausted - 1
  elseif dequeue(stream, shard) then
    stream.available = stream.available - unissued_of(shard)
  end
  drop_blocks_of(shard)
  move_to(shard, 'revoked')
  shard.revoked = slices
  note(stream)
  torn = false
end

register('seqcast_revoke', function(_, args)
  local numbers, wrong = wholes(args, 2, { 'partition', 'shard' })
  if not numbers then
    return wrong
  end
  if life == '' or args[1] ~= life then
    return { 'fenced', life }
  end
  local partition, id = numbers[1], numbers[2]
  seen[partition] = math.max(seen[partition] or -1, id)
  local shard = shards[partition] and shards[partition][id]
  if not shard then
    return { 'absent', life }
  end
  if not shard.revoked then
    take_out(shard)
  end
  return { 'revoked', life, shard.revoked }
end)

-- seqcast_forget: the return of a revoked shard was read back from the ledger, so that nothing will ask for the shard again.
--
-- Guarantee  Changes nothing unless the shard is revoked, in the life that is named; its id stays seen.
-- KEYS       none
-- ARGV[1]    nonce
-- ARGV[2-3]  partition, shard
-- Reply      { forgotten | kept, nonce }
register('seqcast_forget', function(_, args)
  local numbers, wrong = wholes(args, 2, { 'partition', 'shard' })
  if not numbers then
    return wrong
  end
  local partition, id = numbers[1], numbers[2]
  local shard = shards[partition] and shards[partition][id]
  if args[1] ~= life or not shard or shard.state ~= 'revoked' then
    return { 'kept', life }
  end
  local stream = shard.stream
  torn = true
  move_to(shard, 'forgotten')
  shards[partition][id] = nil
  forget_period(stream, shard)
  stream.ruleless = stream.ruleless - (shard.rule and 0 or 1)
  for at, held in ipairs(stream.shards) do
    if held == shard then
      table.remove(stream.shards, at)
      break
    end
  end
  torn = false
  return { 'forgotten', life }
end)
