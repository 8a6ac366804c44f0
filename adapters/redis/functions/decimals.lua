-- Exact decimal arithmetic for values: start + ordinal * increment, all 64-bit, where Lua's own numbers are exact below 2^53 only.
--
-- A decimal is { number, negative, limbs }: `number` where all of it is exact as a number, else nil; limbs of seven digits, the
-- lowest first, so that three products of limbs add up below 2^53.

local LIMB = 10000000
local LIMB_DIGITS = 7
local INEXACT_FROM = 9007199254740992
-- As many digits are exact whatever they are.
local EXACT_DIGITS = 15

local function limbs_of(digits)
  local limbs = {}
  for at = #digits, 1, -LIMB_DIGITS do
    limbs[#limbs + 1] = tonumber(string.sub(digits, math.max(1, at - LIMB_DIGITS + 1), at))
  end
  return limbs
end

-- Reads a decimal of up to 19 digits; nil where the text is none.
local function decimal_of(text)
  local sign, digits = string.match(text or '', '^(%-?)(%d+)$')
  if not digits or #digits > 19 then
    return nil
  end
  local number = #digits <= EXACT_DIGITS and tonumber(text) or nil
  return { text = text, number = number, negative = sign == '-', limbs = limbs_of(digits) }
end

local function multiplied(a, b)
  local product = {}
  local carry = 0
  for at = 1, #a + #b do
    local sum = carry
    for left = math.max(1, at - #b + 1), math.min(at, #a) do
      sum = sum + a[left] * b[at - left + 1]
    end
    carry = math.floor(sum / LIMB)
    product[at] = sum - carry * LIMB
  end
  return product
end

-- a + sign * b, where sign is 1 or -1; for -1, a must not be smaller than b.
local function combined(a, b, sign)
  local result = {}
  local carry = 0
  for at = 1, math.max(#a, #b) + 1 do
    local sum = (a[at] or 0) + sign * (b[at] or 0) + carry
    carry = math.floor(sum / LIMB)
    result[at] = sum - carry * LIMB
  end
  return result
end

local function is_smaller(a, b)
  for at = math.max(#a, #b), 1, -1 do
    local left, right = a[at] or 0, b[at] or 0
    if left ~= right then
      return left < right
    end
  end
  return false
end

local function text_of(negative, limbs)
  local top = #limbs
  while top > 1 and limbs[top] == 0 do
    top = top - 1
  end
  local parts = { string.format('%.0f', limbs[top]) }
  for at = top - 1, 1, -1 do
    parts[#parts + 1] = string.format('%07.0f', limbs[at])
  end
  local text = table.concat(parts)
  return (negative and text ~= '0') and '-' .. text or text
end

-- base + step * n as text, exact; n is a whole number from 0 to 2^53 - 1.
local function value_on_line(base, step, n)
  if base.number and step.number then
    -- A product or sum that is not exact rounds to 2^53 or more, never below.
    local product = step.number * n
    local value = base.number + product
    if product < INEXACT_FROM and product > -INEXACT_FROM and value < INEXACT_FROM and value > -INEXACT_FROM then
      return string.format('%.0f', value)
    end
  end
  local product = multiplied(step.limbs, limbs_of(string.format('%.0f', n)))
  if base.negative == step.negative then
    return text_of(base.negative, combined(base.limbs, product, 1))
  end
  if is_smaller(base.limbs, product) then
    return text_of(step.negative, combined(product, base.limbs, -1))
  end
  return text_of(base.negative, combined(base.limbs, product, -1))
end
