-- book.lua - B: takes ARGV[2] cells from cell ARGV[1] on for patient ARGV[3]; 0 unless all of them are free.
-- KEYS: the practitioner's free time, and what is booked by its first cell. At most 12 cells, so one bit field.
local field = 'u' .. ARGV[2]
local all = 2 ^ tonumber(ARGV[2]) - 1
if redis.call('BITFIELD', KEYS[1], 'GET', field, ARGV[1])[1] ~= all then return 0 end
redis.call('BITFIELD', KEYS[1], 'SET', field, ARGV[1], 0)
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. ':' .. ARGV[3])
return 1
