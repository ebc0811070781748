-- Sign-ins with a wrong password, one after the other on each connection; counts the responses by status.
-- Each is for another account, because most would otherwise be rejected by the rate limit at no cost. With
-- the argument `patient`, a rejected client waits for Retry-After.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
-- Two loads on one server never use the same accounts.
local last = os.time() * 1000000
function request()
    last = last + 1
    return wrk.format(nil, nil, nil, string.format(
        '{"email":"nobody%d@example.com","password":"a wrong password of nobody","device_name":"x"}', last))
end

local threads = {}
function setup(thread) table.insert(threads, thread) end
local pauses = {}
function init(arguments)
    answers = {}
    if arguments[1] ~= "patient" then delay = nil end
end
function response(status, headers)
    answers[status] = (answers[status] or 0) + 1
    local wait = tonumber(headers["retry-after"])
    if not wait and (status == 429 or status == 503) then error(status .. " without Retry-After") end
    pauses[#pauses + 1] = 1000 * (wait or 0)
end
-- The delay of the next request in milliseconds, on the connection that is free first.
function delay() return table.remove(pauses, 1) or 0 end
function done()
    for _, thread in ipairs(threads) do
        for status, count in pairs(thread:get("answers")) do
            io.write(string.format("answers %d: %d\n", status, count))
        end
    end
end
