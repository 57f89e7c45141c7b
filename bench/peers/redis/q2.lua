-- q2.lua - Q2 and Q3: the first 20 (practitioner, cell) by cell, then practitioner.
-- KEYS[1]: the practitioners of the specialty who offer the length, by place (GEOADD).
-- ARGV: longitude, latitude and radius in metres (0: the whole country); first day; cells of a visit; first and end
-- cell of the day for a start in summer time, the same in winter time; weekdays (bit 0: Monday).
-- A day at a time, each candidate until its first start; no further day once 20 are found.
local DAY_BYTES, DAY_CELLS, DAYS, WINTER_DAY, WORDS, WANTED = 36, 288, 90, 20, 9, 20
local band, bor, lshift, rshift = bit.band, bit.bor, bit.lshift, bit.rshift
local min = math.min
local first_day, cells, weekdays = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[10])
local layout = '>' .. string.rep('I4', WORDS)

local waiting
if ARGV[3] == '0' then
    waiting = redis.call('ZRANGE', KEYS[1], 0, -1)
else
    waiting = redis.call('GEORADIUS_RO', KEYS[1], ARGV[1], ARGV[2], ARGV[3], 'm')
end

-- The first cell from `from` to `to` of a day at which a visit fits; nil: none.
local function first_start(practitioner, day, from, to)
    local free = {struct.unpack(layout,
        redis.call('GETRANGE', 'f:' .. practitioner, day * DAY_BYTES, day * DAY_BYTES + DAY_BYTES - 1))}
    free[WORDS + 1] = 0
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
    for w = math.floor(from / 32) + 1, WORDS do
        local base = (w - 1) * 32
        if base >= to then return nil end
        local word = free[w]
        if word ~= 0 then
            for place = 0, 31 do
                if base + place >= from and band(lshift(word, place), 0x80000000) ~= 0 then
                    if base + place >= to then return nil end
                    return base + place
                end
            end
        end
    end
    return nil
end

local found, found_count = {}, 0
for day = first_day, math.min(first_day + 14, DAYS) - 1 do
    if #waiting == 0 or found_count >= WANTED then break end
    if band(rshift(weekdays, day % 7), 1) == 1 then
        local from, to = tonumber(ARGV[6]), tonumber(ARGV[7])
        if day >= WINTER_DAY then from, to = tonumber(ARGV[8]), tonumber(ARGV[9]) end
        local rest, rest_count = {}, 0
        for i = 1, #waiting do
            local cell = first_start(waiting[i], day, from, to)
            if cell then
                found_count = found_count + 1
                found[found_count] = {day * DAY_CELLS + cell, tonumber(waiting[i])}
            else
                rest_count = rest_count + 1
                rest[rest_count] = waiting[i]
            end
        end
        waiting = rest
    end
end
table.sort(found, function(a, b)
    if a[1] ~= b[1] then return a[1] < b[1] end
    return a[2] < b[2]
end)
local answer = {}
for i = 1, math.min(WANTED, found_count) do
    answer[2 * i - 1] = found[i][2]
    answer[2 * i] = found[i][1]
end
return answer
