-- The life of a shard, the same table as core/stock/shard-states.ts.

local LEGAL = {
  loaded = { serving = true, exhausted = true, revoked = true },
  serving = { exhausted = true, revoked = true },
  exhausted = { serving = true, revoked = true },
  revoked = { forgotten = true },
  forgotten = {},
}

-- Moves a shard on. An illegal move is a bug of ours; it ends the command, and with it the life of the stock.
local function move_to(shard, state)
  if shard.state == state then
    return
  end
  if not LEGAL[shard.state][state] then
    error('a shard cannot go from ' .. shard.state .. ' to ' .. state)
  end
  shard.state = state
end
