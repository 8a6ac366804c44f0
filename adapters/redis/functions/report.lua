-- seqcast_report: numbers the next consumption report of each stream, and says which cursors moved since the last one.
--
-- Guarantee  Numbers of a stream grow by one in a life, and none is given twice; a report that is lost costs its span's timing only,
--            because the next one begins where it ended.
-- KEYS       none
-- ARGV       streams
-- Reply      { reports, nonce, { stream, number, { generation, partition, shard, from, to, returned … } } … }; streams that are not
--            known are left out

local function moved_cursors(stream)
  local moved = {}
  for _, shard in ipairs(stream.shards) do
    local recycled = 0
    for _, slice in ipairs(shard.recycled) do
      recycled = recycled + slice[2] - slice[1]
    end
    if shard.cursor ~= shard.told_cursor or recycled ~= (shard.told_recycled or 0) then
      local at = #moved
      moved[at + 1], moved[at + 2], moved[at + 3] = shard.generation, shard.partition, shard.id
      moved[at + 4], moved[at + 5], moved[at + 6] = shard.told_cursor, shard.cursor, recycled - (shard.told_recycled or 0)
      shard.told_cursor, shard.told_recycled = shard.cursor, recycled > 0 and recycled or nil
    end
  end
  return moved
end

register('seqcast_report', function(_, args)
  local reply = { 'reports', life }
  torn = true
  for _, id in ipairs(args) do
    local stream = streams[id]
    if stream then
      stream.report = stream.report + 1
      reply[#reply + 1] = { id, stream.report, moved_cursors(stream) }
    end
  end
  torn = false
  return reply
end)
