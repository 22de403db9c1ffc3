-- Returns the next cursor, and the keys and values of a page of keys that have not expired. The
-- value of a counter is its text, that of a user the networks where it is known, with times.
-- KEYS[1] only says which node of a cluster has them all. ARGV are the cursor and the pattern of
-- the keys.
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', 1000)
local answer = {page[1]}
for _, key in ipairs(page[2]) do
  local kind, text = redis.call('TYPE', key).ok, false
  if kind == 'string' then
    text = redis.call('GET', key)
    local expires = tonumber(string.match(text, '%d+$'))
    text = expires and expires > now and text
  elseif kind == 'zset' then
    text = table.concat(redis.call('ZRANGEBYSCORE', key, string.format('(%.0f', now), '+inf', 'WITHSCORES'), ' ')
  end
  if text then
    answer[#answer + 1] = key
    answer[#answer + 1] = text
  end
end
return answer
