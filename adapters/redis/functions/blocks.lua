-- Numbered blocks, { shard, start, end } each: what is out at clients and may come back once. A stream keeps the numbers of its blocks, oldest first, at first ..
-- last; those that came back are still named there, `out` counts those that did not.

local function drop_block(number)
  local shard = blocks[number][1]
  local of_stream = shard.stream.blocks
  blocks[number] = nil
  shard.blocks_out = shard.blocks_out - 1
  of_stream.out = of_stream.out - 1
end

local function drop_oldest_block(of_stream)
  for at = of_stream.first, of_stream.last do
    local number = of_stream.numbers[at]
    of_stream.numbers[at] = nil
    of_stream.first = at + 1
    if blocks[number] then
      drop_block(number)
      return
    end
  end
end

-- No block of the shard comes back any more. Looks through the blocks of the stream, which are bounded, rather than keep a list of its
-- own for every shard.
local function drop_blocks_of(shard)
  local of_stream = shard.stream.blocks
  if (shard.blocks_out or 0) == 0 then
    return
  end
  for at = of_stream.first, of_stream.last do
    local number = of_stream.numbers[at]
    if blocks[number] and blocks[number][1] == shard then
      drop_block(number)
    end
  end
end

-- Leaves the numbers of blocks out only; called when most of the list came back, so that each number is looked at a few times at most.
local function compact_numbers(of_stream)
  local kept = {}
  for at = of_stream.first, of_stream.last do
    local number = of_stream.numbers[at]
    if blocks[number] then
      kept[#kept + 1] = number
    end
  end
  of_stream.numbers, of_stream.first, of_stream.last = kept, 1, #kept
end

local function number_block(stream, shard, from, to)
  local of_stream = stream.blocks
  if not of_stream then
    of_stream = { numbers = {}, first = 1, last = 0, out = 0 }
    stream.blocks = of_stream
  end
  local number = next_block
  next_block = number + 1
  blocks[number] = { shard, from, to }
  shard.blocks_out = (shard.blocks_out or 0) + 1
  of_stream.out = of_stream.out + 1
  of_stream.last = of_stream.last + 1
  of_stream.numbers[of_stream.last] = number
  if of_stream.out > BLOCKS_OUT_MAX then
    drop_oldest_block(of_stream)
  elseif of_stream.last - of_stream.first > 2 * of_stream.out + 64 then
    compact_numbers(of_stream)
  end
  return number
end
