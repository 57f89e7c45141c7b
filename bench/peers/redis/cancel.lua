-- cancel.lua - C: frees what begins at cell ARGV[1]; 0 where nothing does. KEYS as in book.lua.
local visit = redis.call('HGET', KEYS[2], ARGV[1])
if not visit then return 0 end
local cells = string.match(visit, '^%d+')
redis.call('BITFIELD', KEYS[1], 'SET', 'u' .. cells, ARGV[1], 2 ^ tonumber(cells) - 1)
redis.call('HDEL', KEYS[2], ARGV[1])
return 1
