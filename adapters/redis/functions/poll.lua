-- seqcast_poll: the filler's look, a few dozen times a second: which streams have news, are short, are waited for, or have shards to be
-- closed. Whoever polls holds the pool, so that one filler at a time looks after it.
--
-- Guarantee  A stream at or below its reorder point, or with waiters, is named in every poll until that is over (where more than
--            five hundred are, in turn); what was counted is told once. A poll of another filler changes nothing.
-- KEYS       none
-- ARGV[1]    holder             the filler that asks
-- ARGV[2]    hold ms            it holds the pool for so long from now on
-- ARGV[3]    order lease ms     ordered streams may be served for so long from now on; 0 adds nothing
-- ARGV[4]    chance             random text, for the nonce where this is the first command of a life
-- ARGV[5]    nonce              the life that the lease is for: another one gets none; left out by fillers of before, any
-- Reply      { polled, nonce, { stream, stock, waiting, requests, stalls, demanded, issued, returned, largest request,
--              { partition, shard … to be closed } } … } | { standby, nonce, holder }

-- Shards issued to the end that nothing comes back to any more: no block of them is out, or for too long.
local function closable_shards(stream, now)
  local closable = {}
  if stream.exhausted > 0 then
    for _, shard in ipairs(stream.shards) do
      if shard.state == 'exhausted' then
        shard.exhausted_ms = math.min(shard.exhausted_ms or now, now)
        if (shard.blocks_out or 0) == 0 or now - shard.exhausted_ms > EXHAUSTED_KEPT_MS then
          closable[#closable + 1] = shard.partition
          closable[#closable + 1] = shard.id
        end
      end
    end
  end
  return closable
end

local function news_of(stream, waiting, closable)
  local news = {
    stream.id,
    stream.available,
    waiting,
    stream.requests,
    stream.stalls,
    stream.demanded,
    stream.issued,
    stream.returned,
    stream.largest,
    closable,
  }
  stream.requests, stream.stalls, stream.demanded = 0, 0, 0
  stream.issued, stream.returned, stream.largest = 0, 0, 0
  stream.told_waiting = waiting
  stream.has_news = false
  return news
end

-- Appends the stream's news where there is something to tell; true while the next poll has to look at it again.
local function tell(reply, stream, now)
  local waiting = waiting_for(stream, now)
  local closable = closable_shards(stream, now)
  local is_wanted = waiting > 0 or stream.available <= stream.reorder_point
  if is_wanted or stream.has_news or #closable > 0 or waiting ~= stream.told_waiting then
    reply[#reply + 1] = news_of(stream, waiting, closable)
  end
  return is_wanted or stream.exhausted > 0
end

local function append_news(reply, now)
  local later = {}
  local looked_at = 0
  for at, stream in ipairs(noted) do
    if #reply >= NEWS_PER_POLL_MAX + 2 then
      break
    end
    looked_at = at
    if tell(reply, stream, now) then
      later[#later + 1] = stream
    else
      stream.is_noted = false
    end
  end
  -- Those that had no turn come first the next time.
  local rest = {}
  for at = looked_at + 1, #noted do
    rest[#rest + 1] = noted[at]
  end
  for _, stream in ipairs(later) do
    rest[#rest + 1] = stream
  end
  noted = rest
end

register('seqcast_poll', function(_, args)
  local numbers, wrong = wholes(args, 2, { 'hold ms', 'order lease ms' })
  if not numbers then
    return wrong
  end
  local who = args[1]
  if who == '' or not is_word(who) then
    return refused('SEQ_INVALID_REQUEST', 'the holder has 1 to ' .. WORD_LENGTH_MAX .. ' characters')
  end
  mint_first(args[4] or '')
  local now = now_ms()
  if holder ~= who and held_until_ms > now then
    return { 'standby', life, holder }
  end
  torn = true
  holder = who
  held_until_ms = now + numbers[1]
  if numbers[2] > 0 and (args[5] or life) == life then
    leased_until_ms = math.max(leased_until_ms, now + numbers[2])
  end
  local reply = { 'polled', life }
  append_news(reply, now)
  if now - swept_ms > SWEEP_MS or now < swept_ms then
    swept_ms = now
    sweep_streams(now)
    sweep_requests(now)
  end
  torn = false
  return reply
end)

-- seqcast_release: lets go of the pool, so that another filler need not wait until the hold is over.
--
-- Guarantee  Changes nothing while another filler holds the pool. The order lease stays: it vouches for the life, not for the filler.
-- KEYS       none
-- ARGV[1]    holder
-- Reply      { released | standby, nonce }
register('seqcast_release', function(_, args)
  if args[1] ~= holder then
    return { 'standby', life }
  end
  holder = ''
  held_until_ms = 0
  return { 'released', life }
end)
