-- q1.lua - Q1: each start of a visit of ARGV[2] cells in the seven days from day ARGV[1] on.
-- KEYS[1] is the practitioner's free time, a bit for each cell of five minutes, 288 a day, the first of a byte its
-- highest. The answer: cells, counted from the first day on.
local DAY_BYTES, WORDS = 36, 63
local band, bor, lshift, rshift = bit.band, bit.bor, bit.lshift, bit.rshift
local min = math.min
local first = tonumber(ARGV[1]) * DAY_BYTES
local cells = tonumber(ARGV[2])
local free = {struct.unpack('>' .. string.rep('I4', WORDS),
    redis.call('GETRANGE', KEYS[1], first, first + 7 * DAY_BYTES - 1))}
free[WORDS + 1] = 0

-- After this a bit says that `cells` cells from it on are free: runs of 1, 2, 4 ... are joined.
local run = 1
while run < cells do
    local step = min(run, cells - run)
    for w = 1, WORDS do
        local word = free[w]
        if word ~= 0 then
            free[w] = band(word, bor(lshift(word, step), rshift(free[w + 1], 32 - step)))
        end
    end
    run = run + step
end

local starts, count = {}, 0
for w = 1, WORDS do
    local word = free[w]
    if word ~= 0 then
        local base = (w - 1) * 32
        for place = 0, 31 do
            if band(lshift(word, place), 0x80000000) ~= 0 then
                count = count + 1
                starts[count] = base + place
            end
        end
    end
end
return starts
