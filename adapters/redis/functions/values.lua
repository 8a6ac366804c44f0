-- How ordinals become values, for callers that have no ledger: start + ordinal * increment, and where a cycle wraps, on from its bound.

-- The rule in five arguments from args[from] on, one table for all shards that have the same; nil and a refusal where it is none.
local function rule_of(args, from)
  local text = table.concat(args, ' ', from, math.min(#args, from + 4))
  local known = rules_by_text[text]
  if known then
    return known
  end
  local start, step, pass_start = decimal_of(args[from]), decimal_of(args[from + 1]), decimal_of(args[from + 4])
  local first_pass, period = whole(args[from + 2]), whole(args[from + 3])
  if not start or not step or not pass_start or not first_pass or not period then
    return nil, refused('SEQ_INVALID_REQUEST', 'start, increment, first pass, period and pass start are not a rule for values')
  end
  local rule = { start = start, step = step, first_pass = first_pass, period = period, pass_start = pass_start }
  if rules_known >= RULES_MAX then
    rules_by_text, rules_known = {}, 0
  end
  rules_by_text[text] = rule
  rules_known = rules_known + 1
  return rule
end

-- Value of an ordinal, and how many ordinals from it on follow by the same increment.
local function value_at(rule, ordinal)
  if rule.period == 0 then
    return value_on_line(rule.start, rule.step, ordinal), ORDINAL_MAX
  end
  if ordinal < rule.first_pass then
    return value_on_line(rule.start, rule.step, ordinal), rule.first_pass - ordinal
  end
  -- math.fmod is exact where Lua's % is not.
  local in_pass = math.fmod(ordinal - rule.first_pass, rule.period)
  return value_on_line(rule.pass_start, rule.step, in_pass), rule.period - in_pass
end

-- A block of a sequence that does not cycle, as one run: see below.
local function run_of(shard, start, count, block)
  local rule = shard.rule
  return { value_on_line(rule.start, rule.step, start), count, rule.step.text, start, shard.generation, shard.partition, shard.id, block }
end

-- What was taken as runs of values: { first value, count, increment, ordinal, generation, partition, shard, block }.
local function runs_of(taken, rules)
  local runs = {}
  for index, rule in ipairs(rules) do
    local at = (index - 1) * TAKEN_WIDTH
    local ordinal, left = taken[at + 4], taken[at + 5]
    while left > 0 do
      local value, run = value_at(rule, ordinal)
      local count = math.min(run, left)
      runs[#runs + 1] = { value, count, rule.step.text, ordinal, taken[at + 1], taken[at + 2], taken[at + 3], taken[at + 6] }
      ordinal = ordinal + count
      left = left - count
    end
  end
  return runs
end

-- True when the next `count` ordinals of the stream all have a rule.
local function has_rules(stream, count)
  if stream.ruleless == 0 then
    return true
  end
  local left = count
  for at = stream.first, stream.last do
    local shard = stream.queue[at]
    if not shard.rule then
      return false
    end
    left = left - (shard.finish - shard.cursor)
    if left <= 0 then
      return true
    end
  end
  return true
end
