/** What the route table has Redis do in one step each: a change, a page of a list, and moving what lies where it should not. */

/** What lies between version, key and value of a change that is published; no key holds it. */
export const CHANGE_SEPARATOR = '\0';

export const CHANGE_SCRIPT = `
-- Puts or deletes a key, and tells whoever watches.
--
-- Guarantee  Versions grow with every change of the table, also when Redis lost its newest data: they follow the server's clock, in
--            microseconds, and never fall behind the last one. They stay exact as numbers until the year 2255.
-- KEYS[1]    entries: hash of key -> version and value, separated by a space
-- KEYS[2]    keys: sorted set, for lists by prefix
-- KEYS[3]    version of the newest change
-- ARGV       channel, key, 'put' or 'delete', value, version that the key must have ('' for any, '0' for absent)
-- Reply      the new version, or '' where the key is at another version, or not there to delete
local held = redis.call('HGET', KEYS[1], ARGV[2])
local at = held and string.match(held, '^%d+') or '0'
if ARGV[5] ~= '' and ARGV[5] ~= at then return '' end
if ARGV[3] == 'delete' and not held then return '' end
local time = redis.call('TIME')
local clock = tonumber(time[1]) * 1000000 + tonumber(time[2])
local version = string.format('%.0f', math.max(clock, tonumber(redis.call('GET', KEYS[3]) or '0') + 1))
redis.call('SET', KEYS[3], version)
if ARGV[3] == 'put' then
  redis.call('HSET', KEYS[1], ARGV[2], version .. ' ' .. ARGV[4])
  redis.call('ZADD', KEYS[2], 0, ARGV[2])
  redis.call('PUBLISH', ARGV[1], version .. '\\0' .. ARGV[2] .. '\\0' .. ARGV[4])
else
  redis.call('HDEL', KEYS[1], ARGV[2])
  redis.call('ZREM', KEYS[2], ARGV[2])
  redis.call('PUBLISH', ARGV[1], version .. '\\0' .. ARGV[2])
end
return version
`;

export const PAGE_SCRIPT = `
-- A page of the entries in the order of their keys.
--
-- Guarantee  The page is of one moment; a list of several pages is not.
-- KEYS       entries and keys, as above
-- ARGV       lowest and highest key as ZRANGEBYLEX takes them, entries per page
-- Reply      { key, version and value, key, version and value ... }
local keys = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
local page = {}
for _, key in ipairs(keys) do
  page[#page + 1] = key
  page[#page + 1] = redis.call('HGET', KEYS[1], key)
end
return page
`;

export const MOVE_SCRIPT = `
-- Moves entries to another hash and sorted set, and tells whoever watches them there.
--
-- Guarantee  An entry is in one of the two places at any moment. What is in the new one already is newer, and stays; what is moved gets
--            a version of its own, as a change would. Again, it finds nothing.
-- KEYS       entries and keys where they are, entries and keys where they belong, version of the newest change
-- ARGV       channel, lowest and highest key as ZRANGEBYLEX takes them, entries per step
-- Reply      how many were moved: with 0 there are none left
local keys = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local time = redis.call('TIME')
local clock = tonumber(time[1]) * 1000000 + tonumber(time[2])
local version = math.max(clock, tonumber(redis.call('GET', KEYS[5]) or '0') + 1)
for _, key in ipairs(keys) do
  local held = redis.call('HGET', KEYS[1], key)
  if held and not redis.call('HGET', KEYS[3], key) then
    local value = string.match(held, '^%d+ (.*)$')
    local at = string.format('%.0f', version)
    redis.call('HSET', KEYS[3], key, at .. ' ' .. value)
    redis.call('ZADD', KEYS[4], 0, key)
    redis.call('SET', KEYS[5], at)
    redis.call('PUBLISH', ARGV[1], at .. '\\0' .. key .. '\\0' .. value)
    version = version + 1
  end
  redis.call('HDEL', KEYS[1], key)
  redis.call('ZREM', KEYS[2], key)
end
return #keys
`;
