-- Takes a place at the gate of a network that is in another part than the account, or counts the
-- refusal. KEYS[2] and KEYS[3] are its counter and the one that takes its place when there is no
-- room. ARGV[12] is the number of counters for which there is room. The answer is the verdict
-- (1 taken, 2 refused, 3 crowded), the wait, when the place was taken, and whether the counter is
-- shared.
local network = choose(KEYS[2], KEYS[3], networkGate, counted() >= tonumber(ARGV[12]))
local verdict, wait = 1, 0
if network.next > now then
  verdict, wait = 2, network.next - now
  network.refused = network.refused + 1
elseif crowds(network) then
  verdict = 3
else
  take(network)
end
save(network)
return {verdict, wait, now, network.shared and 1 or 0}
