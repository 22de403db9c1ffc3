-- Decides about an attempt and counts it. ARGV[12] is the number of counters for which there is
-- room. ARGV[13] is how much longer a user must be known for its login not to be recorded again.
-- The answer is the verdict (1 reserved, 2 refused, 3 crowded), the wait, and of the reservation:
-- whether the user is known, whether it is reusable, when it was made, whether it is a turn, and
-- which counters are shared.
local known = tonumber(redis.call('ZSCORE', KEYS[4], place) or 0)
if known <= now then
  known = 0
end

redis.call('ZREMRANGEBYSCORE', KEYS[8], '-inf', string.format('%.0f', now))
local counted, most = redis.call('ZCARD', KEYS[8]), tonumber(ARGV[12])
local full = counted >= most
local shared, noTurn = 0, false
local counters = {}
for i, gate in ipairs({false, accountGate, networkGate}) do
  local c = load(KEYS[i], gate)
  if i == 1 and not c.text and counted >= math.floor(most / 2) then
    noTurn = true -- a turn costs no hash, and that of a shared counter would hold up others
  end
  if not c.text and full and not (i == 1 and known > 0) then
    c = load(KEYS[4 + i], gate, true)
    shared = shared + 2 ^ (i - 1)
  end
  age(c)
  counters[i] = c
end
local pair, account, network = counters[1], counters[2], counters[3]

local function crowds(c)
  return from(c, now) + held(c) * c.gate.every > now
end

local verdict, till, holds = 1, 0, pair.next
if known == 0 then
  holds = math.max(holds, network.next, pair.turn)
end
if holds > now then
  verdict, till = 2, holds
elseif known == 0 and pair.turn == 0 and account.next > now then
  local turn = math.min(account.next, now + longestTurn)
  if not noTurn then
    account.next, account.last = turn + accountGate.every, now
    pair.failed, pair.last, pair.turn = level(pair, now), now, turn
  end
  verdict, till = 2, turn
elseif held(pair) >= math.max(1, free - level(pair, now)) then
  verdict = 3
elseif known == 0 and crowds(network) then
  verdict = 3
elseif known == 0 and pair.turn > 0 and held(pair) > 0 then
  verdict = 3
elseif known == 0 and pair.turn == 0 and crowds(account) then
  verdict = 3
end

local reusable, turn = 0, 0
local asked = known > 0 and {pair} or counters
if verdict == 2 then
  for _, c in ipairs(asked) do
    if not empty(c) then
      c.refused = c.refused + 1
    end
  end
elseif verdict == 1 then
  if known > 0 and known - now > tonumber(ARGV[13]) and level(pair, now) < free then
    reusable = 1
  end
  take(pair)
  if known == 0 then
    take(network)
    if pair.turn > 0 then
      turn = 1
    else
      take(account)
    end
  end
end
for _, c in ipairs(asked) do
  save(c)
end
return {verdict, till > 0 and till - now or 0, known > 0 and 1 or 0, reusable, now, turn, shared}
