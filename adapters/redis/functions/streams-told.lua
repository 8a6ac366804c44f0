-- What a filler tells the stock of its streams.

-- The stream of an id, made where it is new.
local function stream_told(id)
  local stream = streams[id] or new_stream(id)
  make_known(stream)
  return stream
end

-- seqcast_reorder_points: at or below its reorder point a stream is short, and every poll names it.
--
-- Guarantee  All points are set or, where one is wrong or the life is another one, none.
-- KEYS       none
-- ARGV[1]    nonce
-- ARGV[2…]   stream, reorder point …; an empty point: never short
-- Reply      { set | fenced, nonce }
register('seqcast_reorder_points', function(_, args)
  if args[1] ~= life then
    return { 'fenced', life }
  end
  for at = 2, #args, 2 do
    if not stream_id_of(key_of(args[at])) or (args[at + 1] ~= '' and not whole(args[at + 1])) then
      return refused('SEQ_INVALID_REQUEST', 'stream and reorder point are expected from argument ' .. at .. ' on')
    end
  end
  torn = true
  for at = 2, #args, 2 do
    local stream = stream_told(args[at])
    stream.reorder_point = whole(args[at + 1]) or -1
    if stream.available <= stream.reorder_point then
      note(stream)
    end
  end
  torn = false
  return { 'set', life }
end)

-- seqcast_moved: another pool serves the stream now; callers are told until a shard of it is loaded here again.
--
-- Guarantee  What is in stock here is not issued any more, from this step on.
-- KEYS[1]    {STREAM}:stock
-- ARGV[1]    nonce
-- ARGV[2]    pool
-- Reply      { set | fenced, nonce }
register('seqcast_moved', function(keys, args)
  local id = stream_id_of(keys[1])
  if not id or not args[2] or args[2] == '' or not is_word(args[2]) then
    return refused('SEQ_INVALID_REQUEST', 'a key {sequence/client-type/service}:stock and the name of a pool are expected')
  end
  if args[1] ~= life then
    return { 'fenced', life }
  end
  torn = true
  local stream = stream_told(id)
  stream.moved = args[2]
  stream.reorder_point = -1
  torn = false
  return { 'set', life }
end)
