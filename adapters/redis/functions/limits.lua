-- Every bound of the library, with its reason. Those that core/limits.ts has too are held equal by a test.

-- Numbers are doubles, exact up to here; a generation never counts further.
local ORDINAL_MAX = 9007199254740991
-- Values of one call: the largest reply is a few hundred kilobytes where a tiny cycle wraps at every second value.
local COUNT_MAX = 10000
-- Calls that are answered together: the server answers nobody else for about a millisecond.
local CALLS_TOGETHER_MAX = 500
-- Blocks out at clients that are remembered, per stream; beyond it the oldest can no longer be given back.
local BLOCKS_OUT_MAX = 10000
-- A return to the ledger names at most this many slices, one of them the fresh rest.
local SLICES_PER_RETURN_MAX = 255
-- Streams that were only asked for: anybody may name any stream, and each costs two kilobytes.
local UNKNOWN_STREAMS_MAX = 10000
-- Nobody asked for an unknown stream for so long: it is forgotten.
local UNKNOWN_STREAM_MS = 60000
-- Who waits says so again long before; whoever died does not keep a stream wanted.
local WAITER_MS = 2000
-- Names under which callers of one stream wait: gateways, not their callers.
local WAITERS_MAX = 1000
-- Caller-given words: waiters, request ids, hashes, holders.
local WORD_LENGTH_MAX = 128
-- Request ids are answered alike for a day, of one stream and of all together at most so many: 0.4 KB each.
local REQUEST_MS = 86400000
local REQUESTS_MAX = 10000
local REQUESTS_IN_ALL_MAX = 200000
-- An exhausted shard stays open this long while blocks of it are out, so that they can still be given back.
local EXHAUSTED_KEPT_MS = 60000
-- Rules for values that are shared by their text; beyond it the sharing begins anew.
local RULES_MAX = 10000
-- Replies of one call: the server answers nobody else while it makes them.
local NEWS_PER_POLL_MAX = 500
local CURSORS_PER_PAGE_MIN = 500
-- Between looks for streams and requests that can be forgotten.
local SWEEP_MS = 10000
-- Heard by gateways whose callers wait.
local LOADED_CHANNEL = 'seqcast:loaded'
