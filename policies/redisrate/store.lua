-- Stores the request that look.lua, which precedes this script, has admitted.
local width = 0 -- for how long a slot accepts requests
if limit > slots then
  width = math.ceil(period / (slots - 1))
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
