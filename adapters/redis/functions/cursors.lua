-- seqcast_cursors: how far each shard was issued, what came back, and what was revoked; for the audit and for people.
--
-- Guarantee  Changes nothing. A page is one atomic look; pages of one life leave out no stream that was loaded before the first.
-- KEYS       none
-- ARGV[1]    stream             empty: all, in pages
-- ARGV[2]    page               0 first, then as the reply says
-- Reply      { cursors, nonce, next page or 0, { stream, generation, partition, shard, start, end, cursor, { start, end … of what came
--              back }, 1 if revoked, { start, end … of what was revoked } } … }

local function append_cursors(reply, stream)
  for _, shard in ipairs(stream.shards) do
    local recycled = {}
    for _, slice in ipairs(shard.recycled) do
      recycled[#recycled + 1] = slice[1]
      recycled[#recycled + 1] = slice[2]
    end
    reply[#reply + 1] = {
      stream.id,
      shard.generation,
      shard.partition,
      shard.id,
      shard.start,
      shard.finish,
      shard.cursor,
      recycled,
      shard.revoked and 1 or 0,
      shard.revoked or {},
    }
  end
end

register('seqcast_cursors', function(_, args)
  local reply = { 'cursors', life, 0 }
  local id = args[1] or ''
  if id ~= '' then
    if streams[id] then
      append_cursors(reply, streams[id])
    end
    return reply
  end
  local at = whole(args[2] or '0')
  if not at then
    return refused('SEQ_INVALID_REQUEST', 'the page is not a whole number')
  end
  while loaded_streams[at + 1] and #reply < CURSORS_PER_PAGE_MIN do
    at = at + 1
    append_cursors(reply, loaded_streams[at])
  end
  reply[3] = loaded_streams[at + 1] and at or 0
  return reply
end)
