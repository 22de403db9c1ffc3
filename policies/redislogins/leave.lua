-- Gives a place at the gate of a network back. KEYS[2] is the counter. ARGV[12] is the outcome, as in
-- settle.lua, or 4 if the account refused the attempt. ARGV[13] is the time when the place was taken,
-- or 0. ARGV[14] is 1 if the counter is shared.
local network = load(KEYS[2], networkGate, ARGV[14] == '1')
age(network)
local at = tonumber(ARGV[13])
if at > 0 and leave(network, at) and ARGV[12] == '1' then
  fail(network, now, 1)
end
rest(network)
if ARGV[12] == '4' and not empty(network) then
  network.refused = network.refused + 1
end
save(network)
return 0
