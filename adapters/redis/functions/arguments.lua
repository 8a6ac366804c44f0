-- What callers may say: every argument is checked before anything changes, and a refusal names the one that is wrong.

local function refused(code, what)
  return redis.error_reply(code .. ' ' .. what)
end

-- A whole number from 0 to `max` as a number, else nil. Sixteen digits beyond 2^53 round to 2^53 or more, so that `max` catches them.
local function whole(text, max)
  if not text or #text > 16 or not string.find(text, '^%d+$') then
    return nil
  end
  local number = tonumber(text)
  return number <= (max or ORDINAL_MAX) and number or nil
end

-- Whole numbers from args[from] on, one for each name; else nil and the refusal.
local function wholes(args, from, names)
  local numbers = {}
  for at, name in ipairs(names) do
    local number = whole(args[from + at - 1])
    if not number then
      return nil, refused('SEQ_INVALID_REQUEST', name .. ' is not a whole number below 2^53')
    end
    numbers[at] = number
  end
  return numbers
end

local function is_word(text)
  return #text <= WORD_LENGTH_MAX
end

-- The stream of a key such as {orders/web/checkout}:stock; else nil.
local function stream_id_of(key)
  local id = string.match(key or '', '^{([^{}]+)}:stock$')
  local name = '([%w*][%w._%-]*)'
  local sequence, client_type, service = string.match(id or '', '^' .. name .. '/' .. name .. '/' .. name .. '$')
  if not sequence or #sequence > 63 or #client_type > 63 or #service > 63 then
    return nil
  end
  return id
end
