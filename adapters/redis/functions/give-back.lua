-- seqcast_give_back: takes the unused rest of a numbered block back, once.
--
-- Guarantee  Only from a block that this life numbered, that is out, and whose shard is not revoked; nothing outside of the block.
-- KEYS       none: the block names its stream
-- ARGV[1]    nonce              as the reply said that gave the block
-- ARGV[2]    block
-- ARGV[3-4]  start, end         ordinals, half-open
-- Reply      { taken-back | unknown-block | full, nonce }

-- The slices with one more, sorted, in the fewest.
local function with_slice(slices, start, finish)
  local all = { { start, finish } }
  for _, slice in ipairs(slices) do
    all[#all + 1] = { slice[1], slice[2] }
  end
  table.sort(all, function(a, b)
    return a[1] < b[1]
  end)
  local merged = {}
  for _, slice in ipairs(all) do
    local last = merged[#merged]
    if last and slice[1] <= last[2] then
      last[2] = math.max(last[2], slice[2])
    else
      merged[#merged + 1] = slice
    end
  end
  return merged
end

local function take_back(number, shard, recycled, size)
  local stream = shard.stream
  torn = true
  drop_block(number)
  shard.recycled = recycled
  stream.returned = stream.returned + size
  -- Neither is issued from again: it only goes back to the ledger.
  if not shard.ordered and not has_ended(stream, shard) then
    stream.available = stream.available + size
    if shard.state == 'exhausted' then
      move_to(shard, 'serving')
      shard.exhausted_ms = nil
      stream.exhausted = stream.exhausted - 1
      enqueue_first(stream, shard)
      watch_period(stream, shard)
    end
  end
  note(stream)
  torn = false
end

register('seqcast_give_back', function(_, args)
  local numbers, wrong = wholes(args, 2, { 'block', 'start', 'end' })
  if not numbers then
    return wrong
  end
  local number, start, finish = numbers[1], numbers[2], numbers[3]
  local block = blocks[number]
  if args[1] ~= life or not block or start < block[2] or finish > block[3] or finish <= start then
    return { 'unknown-block', life }
  end
  local shard = block[1]
  -- What returns from the end of an ordered shard counts as never issued there: this was, so it stays issued.
  if shard.ordered and finish == shard.finish then
    return { 'full', life }
  end
  local recycled = with_slice(shard.recycled, start, finish)
  -- A return names a bounded number of slices, one of them the fresh rest: what does not fit stays issued.
  if #recycled >= SLICES_PER_RETURN_MAX then
    return { 'full', life }
  end
  take_back(number, shard, recycled, finish - start)
  return { 'taken-back', life }
end)
