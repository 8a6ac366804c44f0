-- The life of the stock, and all of its state: variables of this library and nothing else. Redis makes the library anew exactly when
-- it replaces its data (restart, full resynchronisation, reload), so that the stock and the name of its life, the nonce, appear and
-- vanish together: no copy of the data, old or new, brings one back without the other.

-- The nonce; empty until somebody says hello.
local life = ''
-- True while a command changes the stock. A command that finds it true comes after one that died half way (killed, out of memory):
-- what that one issued is not known, so the stock begins a new life.
local torn = false

-- By name and, for the hot path, by key.
local streams = {}
local streams_by_key = {}
-- Streams that were ever loaded, in that order: only grows, so that pages of it stay valid.
local loaded_streams = {}
-- Streams that were only asked for, and how many.
local unknown_streams = {}
local unknown_count = 0
-- Number of the last report of any stream that was forgotten: a stream that comes back counts on from there.
local forgotten_reports = 0
-- Streams that the next poll looks at.
local noted = {}
-- Shards by partition and id; highest id seen by partition, kept over lives because ids are positions in a log.
local shards = {}
local seen = {}
-- Numbered blocks that are out, by number. Numbers are never used again, in no life.
local blocks = {}
local next_block = 1
-- Rules for values by their text, and how many: few sequences, many shards.
local rules_by_text = {}
local rules_known = 0
-- Remembered requests in all.
local requests_in_all = 0

-- The filler that holds the pool, and until when; until when ordered streams may be served. Milliseconds of this server's clock.
local holder = ''
local held_until_ms = 0
local leased_until_ms = 0
local last_ms = 0
local swept_ms = 0

local function now_ms()
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  if now < last_ms then
    -- The clock was set back. A promise that ends too early is kept, one that ends too late is not.
    held_until_ms = 0
    leased_until_ms = 0
  end
  last_ms = now
  return now
end

local function begin_life(nonce)
  life = nonce
  streams, streams_by_key, loaded_streams, unknown_streams, noted = {}, {}, {}, {}, {}
  unknown_count, forgotten_reports, requests_in_all = 0, 0, 0
  shards, blocks = {}, {}
  leased_until_ms = 0
  torn = false
end

-- A nonce that nobody had before: this process, this instant, this life, and the caller's chance.
local function minted(chance)
  local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
  local time = redis.call('TIME')
  return redis.sha1hex(table.concat({ run_id, time[1], time[2], life, string.format('%.0f', next_block), chance }, ' '))
end

-- All commands run while memory is short: they free more than they take, and what they take is bounded. None may run on a replica,
-- so none is flagged no-writes.
local function register(name, callback)
  redis.register_function({
    function_name = name,
    flags = { 'allow-oom' },
    callback = function(keys, args)
      if torn then
        begin_life(minted(''))
      end
      return callback(keys, args)
    end,
  })
end
