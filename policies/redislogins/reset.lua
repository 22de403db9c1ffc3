-- Deletes the counter KEYS[1], of which KEYS[2] is the index, and returns 1 if it had not expired.
local text = redis.call('GET', KEYS[1])
if not text then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], KEYS[1])
local expires = tonumber(string.match(text, '%d+$'))
return expires and expires > now and 1 or 0
