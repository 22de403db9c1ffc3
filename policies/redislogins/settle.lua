-- Says what became of an attempt that was reserved. ARGV[11] is 1 if the account was known, and ARGV[12] the outcome: 1 failed, 2
-- succeeded, 3 untested.
local known, outcome = ARGV[11] == '1', ARGV[12]
local counted = pair.pending > 0 -- else it is taken for abandoned, or the counter has been reset
if counted then
  pair.pending = pair.pending - 1
end
if outcome == '2' then
  local pending, last = pair.pending, pair.last
  clear(pair)
  pair.pending, pair.known = pending, now + knownFor
  if pending > 0 then
    pair.last = last
  end
  if not known then
    giveBack(account, accountGate)
    giveBack(network, networkGate)
  end
elseif counted and outcome == '3' then
  if pair.pending == 0 or pair.failed < free then
    pair.next = math.min(pair.next, now)
  end
  if not known then
    pair.turn = 1
    account.failed = math.max(0, account.failed - 1)
    giveBack(network, networkGate)
  end
elseif counted then
  pair.failed, pair.last = pair.failed + 1, math.max(pair.last, now)
  local w = wait(pair.failed)
  if w > 0 then
    pair.next = math.max(pair.next, now + w)
  end
end
for _, c in ipairs({pair, account, network}) do
  save(c)
end
return 0
