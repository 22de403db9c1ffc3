-- Sets the counter KEYS[1] to zero, but for where the account is known, and returns 1 if it was not zero.
local text = redis.call('GET', KEYS[1])
if not text then
  return 0
end
local known = string.match(text, '^%d+ %d+ %d+ %-?%d+ %d+ (%d+) [01] %d+$')
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
if not known or tonumber(known) <= now then
  redis.call('DEL', KEYS[1])
  return 1
end
local clean = '0 0 0 0 0 ' .. known .. ' 0 ' .. known
redis.call('SET', KEYS[1], clean, 'PX', string.format('%.0f', math.ceil((tonumber(known) - now) / 1000)))
return text == clean and 0 or 1
