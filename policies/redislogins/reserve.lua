-- Decides about an attempt and counts it. KEYS[2] to KEYS[6] are the counters of the account in the
-- network and of the account, the key that says where the user is known, and the counters that take
-- the place of the first two when there is no room. KEYS[7] and KEYS[8] are the counter of the
-- network, and the one in its place, unless the network is in another part.
--
-- ARGV[12] is the number of counters for which there is room. ARGV[13] is how much longer a user
-- must be known for its login not to be recorded again. ARGV[14] and ARGV[15] are the verdict and
-- the wait of a network in another part; 0 if it has not been asked.
--
-- The answer is the verdict (1 reserved, 2 refused, 3 crowded; 0 if the network must be asked
-- first, and nothing was counted), the wait, and of the reservation: whether the user is known,
-- whether it is reusable, when it was made, whether it is a turn, and which counters are shared.
local known = tonumber(redis.call('ZSCORE', KEYS[4], place) or 0)
if known <= now then
  known = 0
end
local here, network = #KEYS == 8, nil
local networkVerdict, networkNext = tonumber(ARGV[14]), now + tonumber(ARGV[15])
if known == 0 and not here and networkVerdict == 0 then
  return {0, 0, 0, 0, 0, 0, 0}
end

local count, most = counted(), tonumber(ARGV[12])
local full = count >= most
local pair = choose(KEYS[2], KEYS[5], nil, full and known == 0)
local account = choose(KEYS[3], KEYS[6], accountGate, full)
if here then
  network = choose(KEYS[7], KEYS[8], networkGate, full)
  networkNext, networkVerdict = network.next, crowds(network) and 3 or 1
end
-- A turn costs no hash, and that of a shared counter would hold up others.
local noTurn = (pair.shared or not pair.text) and count >= math.floor(most / 2)

local verdict, till, holds = 1, 0, pair.next
if known == 0 then
  holds = math.max(holds, networkNext, pair.turn)
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
elseif known == 0 and networkVerdict == 3 then
  verdict = 3
elseif known == 0 and pair.turn > 0 and held(pair) > 0 then
  verdict = 3
elseif known == 0 and pair.turn == 0 and crowds(account) then
  verdict = 3
end

local reusable, turn = 0, 0
local asked = {pair}
if known == 0 then
  asked = {pair, account, network}
end
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
    if here then
      take(network)
    end
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
local shared = (pair.shared and 1 or 0) + (account.shared and 2 or 0) + (here and network.shared and 4 or 0)
return {verdict, till > 0 and till - now or 0, known > 0 and 1 or 0, reusable, now, turn, shared}
