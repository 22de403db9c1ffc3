-- Deletes the counter KEYS[1] and its entry in the index KEYS[2]. Returns 1 if the counter had not
-- expired.
local text = redis.call('GET', KEYS[1])
if not text then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], KEYS[1])
local expires = tonumber(string.match(text, '%d+$'))
return expires and expires > now and 1 or 0
