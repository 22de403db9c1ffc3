-- Decides about a request and stores it if it is admitted, as the interface Store of package rates
-- says. KEYS[1] is the log. ARGV are the limit, the period in microseconds, and the most slots of a
-- log. clock.lua precedes this script. The answer is whether the request is admitted (1 or 0), the
-- requests stored before it, the age of the oldest of them and, if it is refused, the time until
-- one is admitted.
--
-- A log consists of the number of its requests, the time of the first request of its newest slot,
-- and its slots, the oldest first. A slot consists of the time of its newest request, and the
-- number of its requests. Times are in microseconds. A slot has 12 bytes, and so has the part
-- before the slots.
local limit, period, slots = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local width = 0 -- for how long a slot accepts requests
if limit > slots then
  width = math.ceil(period / (slots - 1))
end

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

local function unpacked(i) -- the i-th slot from the left, or from the right if negative
  return struct.unpack('>dI4', log, i > 0 and i * 12 - 11 or #log + 1 + i * 12)
end
local count = 1
if log ~= '' and now - opened < width then
  local _, others = unpacked(-1)
  log, count = string.sub(log, 1, -13), others + 1
else
  opened = now
  if #log == slots * 12 then -- only if classes with limits above and below that share the log: the two oldest become one
    local _, first = unpacked(1)
    local at, second = unpacked(2)
    log = struct.pack('>dI4', at, first + second) .. string.sub(log, 25)
  end
end
log = struct.pack('>I4d', total + 1, opened) .. log .. struct.pack('>dI4', now, count)
redis.call('SET', KEYS[1], log, 'PX', math.ceil(period / 1000))
return {1, total, age, 0}
