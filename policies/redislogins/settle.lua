-- Records the outcome of a reserved attempt. ARGV[12] is the outcome: 1 failed, 2 succeeded, 3
-- untested. The next arguments describe the reservation: ARGV[13] is 1 if the user was known,
-- ARGV[14] the time when it was made, ARGV[15] 1 if it is a turn, ARGV[16] which counters are
-- shared. ARGV[17] bounds the number of networks in which a user is known.
local outcome, known, at, turn, shared = ARGV[12], ARGV[13] == '1', tonumber(ARGV[14]), ARGV[15] == '1', tonumber(ARGV[16])
local failed = outcome == '1'

local counters = {}
for i, gate in ipairs({false, accountGate, networkGate}) do
  local isShared = math.floor(shared / 2 ^ (i - 1)) % 2 == 1
  counters[i] = load(KEYS[isShared and 4 + i or i], gate, isShared)
  age(counters[i])
end
local pair, account, network = counters[1], counters[2], counters[3]

if leave(pair, at) and failed then
  fail(pair, now, 1)
end
if not known then
  if leave(network, at) and failed then
    fail(network, now, 1)
  end
  if not turn then
    if leave(account, at) and failed then
      fail(account, now, 1)
    end
  elseif outcome ~= '3' then
    pair.turn = 0
    if failed and not empty(account) then
      account.failed, account.last = account.failed + 1, now
    end
  end
end
if outcome == '2' then
  redis.call('ZADD', KEYS[4], string.format('%.0f', now + knownFor), place)
  redis.call('ZREMRANGEBYRANK', KEYS[4], 0, -1 - tonumber(ARGV[17]))
  redis.call('PEXPIRE', KEYS[4], milliseconds(knownFor))
end
for i, c in ipairs(counters) do
  if i == 1 or not known then
    rest(c)
    save(c)
  end
end
return 0
