-- Records the outcome of a reserved attempt. KEYS are those of reserve.lua. ARGV[12] is the outcome: 1
-- failed, 2 succeeded, 3 untested. The next arguments describe the reservation: ARGV[13] is 1 if the
-- user was known, ARGV[14] the time when it was made, ARGV[15] 1 if it is a turn, ARGV[16] which
-- counters are shared. ARGV[17] bounds the number of networks in which a user is known.
local outcome, known, at, turn, shared = ARGV[12], ARGV[13] == '1', tonumber(ARGV[14]), ARGV[15] == '1', tonumber(ARGV[16])
local failed = outcome == '1'

-- reserved returns the counter that the reservation used; bit says whether it is shared.
local function reserved(bit, key, sharedKey, gate)
  local isShared = math.floor(shared / bit) % 2 == 1
  local c = load(isShared and sharedKey or key, gate, isShared)
  age(c)
  return c
end
local pair, account, network = reserved(1, KEYS[2], KEYS[5]), reserved(2, KEYS[3], KEYS[6], accountGate), nil
if #KEYS == 8 then
  network = reserved(4, KEYS[7], KEYS[8], networkGate)
end

if leave(pair, at) and failed then
  fail(pair, now, 1)
end
if not known then
  if network and leave(network, at) and failed then
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
for _, c in ipairs(known and {pair} or {pair, account, network}) do
  rest(c)
  save(c)
end
return 0
