-- Decides about a request, as the interface Store of package rates says, and writes nothing.
-- KEYS[1] is the log. ARGV are the limit, the period in microseconds, and the most slots of a log.
-- clock.lua precedes this script. Its answer is whether the request is admitted (1 or 0), the
-- requests stored before it, the age of the oldest of them and, if it is refused, the time until
-- one is admitted. It gives that answer to a request that is refused, and leaves the others to what
-- follows it.
--
-- A log consists of the number of its requests, the time of the first request of its newest slot,
-- and its slots, the oldest first. A slot consists of the time of its newest request, and the
-- number of its requests. Times are in microseconds. A slot has 12 bytes, and so has the part
-- before the slots.
local limit, period, slots = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local total, opened, log = 0, 0, redis.call('GET', KEYS[1])
if log then
  total, opened = struct.unpack('>I4d', log)
  now = math.max(now, (struct.unpack('>d', log, -12 + #log + 1))) -- the server's clock may be put back
  log = string.sub(log, 13)
else
  log = ''
end

local gone, age = 0, 0
while gone < #log do
  local at, count = struct.unpack('>dI4', log, gone + 1)
  age = now - at
  if age < period then
    break
  end
  total, gone, age = total - count, gone + 12, 0
end
log = string.sub(log, gone + 1)
if total >= limit then
  local left, wait, i = total, 0, 0
  while limit > 0 and left >= limit do -- a class with a higher limit may have filled the log beyond this one's
    local at, count = struct.unpack('>dI4', log, i + 1)
    left, wait, i = left - count, at + period - now, i + 12
  end
  return {0, total, age, wait}
end
