-- Decides about an attempt and counts it. ARGV[11] is 1 if it is final.
-- The answer is the verdict (1 reserved, 2 refused, 3 crowded), the wait, and whether the account is known (1 or 0).
age(pair)
age(account)
age(network)
local known = pair.known > 0

local verdict, until_ = 1, 0
if pair.next > now and (pair.failed >= free or pair.turn == 1) then
  verdict, until_ = 2, pair.next
elseif pair.failed < free and pair.failed + pair.pending >= free then
  verdict = 3
  if ARGV[11] == '1' then
    verdict, until_ = 2, now + 1000000
  end
elseif not known and network.next > now then
  verdict, until_ = 2, network.next
elseif not known and account.next > now and pair.turn == 0 then
  local turn = math.min(account.next, now + longestTurn)
  account.next = turn + accountGate.every
  pair.turn, pair.next, pair.last = 1, math.max(pair.next, turn), now
  verdict, until_ = 2, pair.next
end

local asked = known and {pair} or {pair, account, network}
if verdict == 2 then
  for _, c in ipairs(asked) do
    if not empty(c) then
      c.refused = c.refused + 1
    end
  end
elseif verdict == 1 then
  if not known then
    take(network, networkGate)
    network.failed, network.last = network.failed + 1, now
    if pair.turn == 0 then
      take(account, accountGate)
    end
    account.failed, account.last = account.failed + 1, now
    pair.turn = 0
  end
  pair.pending, pair.last = pair.pending + 1, now
  if pair.failed >= free then
    pair.next = now + wait(pair.failed + pair.pending)
  end
end
for _, c in ipairs({pair, account, network}) do
  save(c)
end
return {verdict, until_ > 0 and until_ - now or 0, known and 1 or 0}
