-- Returns the next cursor, and the keys and counters of a page that have not expired. KEYS[1] only says which node of a cluster has them all.
-- ARGV are the cursor and the pattern of the keys.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', 1000)
local answer = {page[1]}
for _, key in ipairs(page[2]) do
  local text = redis.call('GET', key)
  local expires = text and tonumber(string.match(text, '%d+$'))
  if expires and expires > now then
    answer[#answer + 1] = key
    answer[#answer + 1] = text
  end
end
return answer
