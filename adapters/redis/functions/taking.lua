-- Taking values out of a stream, the hot path: as core/stock/take.ts does it. All or nothing, oldest shard first, recycled ordinals
-- before fresh ones unless the sequence keeps an order. The cursor moves in the same step that answers, and never goes back.

-- Numbers that describe a block: generation, partition, shard, start, count, block.
local TAKEN_WIDTH = 6

local function exhaust(stream, shard)
  move_to(shard, 'exhausted')
  dequeue_first(stream)
  stream.exhausted = stream.exhausted + 1
end

-- Takes up to `wanted` ordinals from the stream's oldest shard; the first one and how many.
local function take_from(stream, shard, wanted)
  if shard.state ~= 'serving' then
    move_to(shard, 'serving')
  end
  local start, size = shard.cursor, shard.finish - shard.cursor
  local slice = not shard.ordered and shard.recycled[1]
  if slice then
    start = slice[1]
    size = math.min(wanted, slice[2] - start)
    slice[1] = start + size
    if slice[1] == slice[2] then
      table.remove(shard.recycled, 1)
    end
  else
    if size > wanted then
      size = wanted
    end
    shard.cursor = start + size
  end
  if shard.cursor == shard.finish and (shard.ordered or not shard.recycled[1]) then
    exhaust(stream, shard)
  end
  return start, size
end

-- Takes `count` ordinals, which the stream must have; appends the numbers of each block to `taken`, and to `rules` how it becomes values.
local function take(stream, count, numbered, taken, rules)
  local at = 0
  local left = count
  while left > 0 do
    local shard = stream.queue[stream.first]
    local start, size = take_from(stream, shard, left)
    taken[at + 1], taken[at + 2], taken[at + 3] = shard.generation, shard.partition, shard.id
    taken[at + 4], taken[at + 5] = start, size
    taken[at + 6] = numbered and number_block(stream, shard, start, start + size) or 0
    rules[#rules + 1] = shard.rule or false
    at = at + TAKEN_WIDTH
    left = left - size
  end
  stream.available = stream.available - count
  stream.issued = stream.issued + count
end

-- The line that answers a take: one string costs half of a list, here and where it is read.
local function line_of(taken)
  local words = { 'taken', life, 0 }
  for at, number in ipairs(taken) do
    words[at + 3] = string.format('%.0f', number)
  end
  return table.concat(words, ' ')
end

-- Most takes are one block out of the oldest shard: true where this one is, and one run of values if those are wanted.
local function is_one_block(stream, count, as_values)
  local shard = stream.queue[stream.first]
  if shard.recycled[1] or shard.finish - shard.cursor < count then
    return false
  end
  return not as_values or shard.rule.period == 0
end

-- Takes it: shard, first ordinal, number of the block.
local function take_block(stream, count, numbered)
  local shard = stream.queue[stream.first]
  local start = take_from(stream, shard, count)
  stream.available = stream.available - count
  stream.issued = stream.issued + count
  return shard, start, numbered and number_block(stream, shard, start, start + count) or 0
end
