-- What both steps have in common: the counters, and how time changes them. It is decide.go of package policies/logins in Lua.
-- KEYS are the counters of an account in a network, of the account, and of the network. Times are in microseconds. A counter is
-- kept as a text of eight numbers, the last of which is when it expires.
local free, firstWait, longestWait = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local networkGate = {burst = tonumber(ARGV[4]), every = tonumber(ARGV[5])}
local accountGate = {burst = tonumber(ARGV[6]), every = tonumber(ARGV[7])}
local longestTurn, forget, knownFor = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

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

local function clear(c)
  c.failed, c.refused, c.pending, c.next, c.last, c.known, c.turn = 0, 0, 0, 0, 0, 0, 0
end

local function empty(c)
  return c.failed == 0 and c.refused == 0 and c.pending == 0 and c.next == 0 and c.last == 0 and c.known == 0 and c.turn == 0
end

local function load(key)
  local c = {key = key, text = redis.call('GET', key)}
  clear(c)
  if not c.text then
    return c
  end
  local failed, refused, pending, next, last, known, turn =
    string.match(c.text, '^(%d+) (%d+) (%d+) (%-?%d+) (%d+) (%d+) ([01]) %d+$')
  if not failed then
    error('a key that begins with the prefix is not of this package')
  end
  c.failed, c.refused, c.pending = tonumber(failed), tonumber(refused), tonumber(pending)
  c.next, c.last, c.known, c.turn = tonumber(next), tonumber(last), tonumber(known), tonumber(turn)
  return c
end

local function save(c)
  local expires = math.max(c.known, c.next)
  if c.last > 0 then
    expires = math.max(expires, c.last + forget)
  end
  if empty(c) or expires <= now then
    if c.text then
      redis.call('DEL', c.key)
    end
    return
  end
  local text = string.format('%.0f %.0f %.0f %.0f %.0f %.0f %.0f %.0f',
    c.failed, c.refused, c.pending, c.next, c.last, c.known, c.turn, expires)
  if text ~= c.text then
    redis.call('SET', c.key, text, 'PX', string.format('%.0f', math.ceil((expires - now) / 1000)))
  end
end

local function age(c)
  local longest = math.max(longestWait, longestTurn + accountGate.every, networkGate.every)
  c.last, c.next = math.min(c.last, now), math.min(c.next, now + longest)
  if c.known <= now then
    c.known = 0
  end
  if c.pending > 0 and now - c.last > 60000000 then
    c.failed, c.pending = c.failed + c.pending, 0
    c.next = math.max(c.next, c.last + wait(c.failed))
  end
  if now >= c.last + forget and now >= c.next then
    local known = c.known
    clear(c)
    c.known = known
  end
end

local function take(c, gate)
  c.next = math.max(c.next, now - gate.every * (gate.burst - 1)) + gate.every
end

local function giveBack(c, gate)
  if c.failed == 0 then
    return
  end
  c.failed, c.next = c.failed - 1, c.next - gate.every
  if c.failed == 0 and c.refused == 0 and c.next <= now - gate.every * (gate.burst - 1) then
    clear(c)
  end
end

local pair, account, network = load(KEYS[1]), load(KEYS[2]), load(KEYS[3])
