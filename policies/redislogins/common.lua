-- Holds what all steps share: the counters, and how time changes them. It is counter.go and
-- decide.go of internal/loginstore in Lua. KEYS[1] is the index of the existing counters of a part.
-- Times are in microseconds. A counter is stored as a text of nine numbers; the last is the time
-- when it expires.
local index = KEYS[1]
local free, firstWait, longestWait = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local networkGate = {burst = tonumber(ARGV[4]), every = tonumber(ARGV[5])}
local accountGate = {burst = tonumber(ARGV[6]), every = tonumber(ARGV[7])}
local longestTurn, forget, knownFor = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local place = ARGV[11] -- the network
local lease = 60000000
networkGate.longest, accountGate.longest = networkGate.every, longestTurn + accountGate.every


local function wait(failures)
  if failures < free then
    return 0
  end
  local w, n = firstWait, free
  while n < failures and w < longestWait do
    w, n = w * 2, n + 1
  end
  return math.min(w, longestWait)
end

local steepest = free
do
  local w = firstWait
  while w < longestWait do
    w, steepest = w * 2, steepest + 1
  end
end

local fields = {'failed', 'refused', 'next', 'last', 'turn', 'fresh', 'stale', 'rotated'}

local function clear(c)
  for _, field in ipairs(fields) do
    c[field] = 0
  end
end

local function empty(c)
  for _, field in ipairs(fields) do
    if c[field] ~= 0 then
      return false
    end
  end
  return true
end

-- load reads a counter; gate is nil for that of an account in a network.
local function load(key, gate, shared)
  local c = {key = key, text = redis.call('GET', key), gate = gate, shared = shared}
  clear(c)
  if not c.text then
    return c
  end
  local numbers = {}
  for number in string.gmatch(c.text, '%-?%d+') do
    numbers[#numbers + 1] = tonumber(number)
  end
  if #numbers ~= #fields + 1 or string.find(c.text, '[^%d %-]') then
    error('a key that begins with the prefix is not of this package')
  end
  for i, field in ipairs(fields) do
    c[field] = numbers[i]
  end
  return c
end

local function held(c)
  return c.fresh + c.stale
end

local function level(c, at)
  return math.max(0, c.failed - math.floor(math.max(0, at - c.last) / forget))
end

-- from is the time from which a gate counts attempts: c.next, but no earlier than its burst allows.
local function from(c, at)
  return math.max(c.next, at - c.gate.every * (c.gate.burst - 1))
end

-- fail counts failures.
local function fail(c, at, n)
  if c.gate then
    c.next, c.failed, c.last = from(c, at) + n * c.gate.every, c.failed + n, at
    return
  end
  local l = level(c, at)
  c.failed, c.last = math.min(l + n, math.max(steepest, l)), at
  c.next = at + wait(c.failed)
end

local function expires(c)
  if c.gate then
    if empty(c) then
      return 0
    end
    local till = c.next + c.gate.every * (c.gate.burst - 1)
    if held(c) > 0 then
      till = math.max(till, c.rotated + 2 * lease) + held(c) * c.gate.every
    end
    return till
  end
  local till = 0
  if c.failed > 0 then
    till = math.max(c.next, c.last + c.failed * forget)
  end
  if c.turn > 0 then
    till = math.max(till, c.turn + forget)
  end
  if held(c) > 0 then
    till = math.max(till, math.max(c.last, c.rotated + 2 * lease) + (c.failed + held(c)) * forget)
  end
  return till
end

-- rest clears a counter that no longer holds anything back.
local function rest(c)
  if held(c) > 0 then
    return
  end
  c.rotated = 0
  if expires(c) <= now then
    clear(c)
  end
end

local function age(c)
  local back = c.last - now
  if back > 0 then
    c.last, c.next = now, c.next - back
    if c.turn > 0 then
      c.turn = c.turn - back
    end
  end
  c.rotated = math.min(c.rotated, now)
  while held(c) > 0 and now - c.rotated >= lease do
    local lapsed = c.stale
    c.stale, c.fresh, c.rotated = c.fresh, 0, c.rotated + lease
    if lapsed > 0 then
      fail(c, c.rotated, lapsed)
    end
  end
  if c.gate then
    c.next = math.min(c.next, c.last + c.gate.longest)
  else
    c.next = math.min(c.next, c.last + wait(c.failed))
    c.turn = math.min(c.turn, c.last + accountGate.longest)
    if now >= c.turn + forget then
      c.turn = 0
    end
  end
  rest(c)
end

local function take(c)
  if held(c) == 0 then
    c.rotated = now
  end
  c.fresh = c.fresh + 1
end

-- leave gives a place back, and reports whether there was one.
local function leave(c, at)
  if at >= c.rotated and c.fresh > 0 then
    c.fresh = c.fresh - 1
  elseif c.stale > 0 then
    c.stale = c.stale - 1
  else
    return false
  end
  return true
end

-- crowds reports whether a gate would be shut if all that are being tested failed.
local function crowds(c)
  return from(c, now) + held(c) * c.gate.every > now
end

local function milliseconds(microseconds)
  return string.format('%.0f', math.ceil(microseconds / 1000))
end

local function save(c)
  local till = expires(c)
  if empty(c) or till <= now then
    if c.text then
      redis.call('DEL', c.key)
      redis.call('ZREM', index, c.key)
    end
    return
  end
  local numbers = {}
  for i, field in ipairs(fields) do
    numbers[i] = string.format('%.0f', c[field])
  end
  numbers[#numbers + 1] = string.format('%.0f', till)
  local text = table.concat(numbers, ' ')
  if text == c.text then
    return
  end
  redis.call('SET', c.key, text, 'PX', milliseconds(till - now))
  if c.shared then
    return
  end
  redis.call('ZADD', index, numbers[#numbers], c.key)
  if redis.call('PTTL', index) < (till - now) / 1000 then
    redis.call('PEXPIRE', index, milliseconds(till - now))
  end
end

-- counted returns the number of existing counters.
local function counted()
  redis.call('ZREMRANGEBYSCORE', index, '-inf', string.format('%.0f', now))
  return redis.call('ZCARD', index)
end

-- choose returns a counter or, if it does not exist and there is no room, the shared one.
local function choose(key, sharedKey, gate, full)
  local c = load(key, gate)
  if not c.text and full then
    c = load(sharedKey, gate, true)
  end
  age(c)
  return c
end
