-- now is the time in microseconds since 1970. It is the server's, unless the last argument is a
-- time: the Runner adds that argument to every call, empty but in tests.
local now = tonumber(ARGV[#ARGV])
if not now then
  local clock = redis.call('TIME')
  now = clock[1] * 1000000 + clock[2]
end
