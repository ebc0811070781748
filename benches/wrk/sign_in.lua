-- Sign-ins with a wrong password, one after the other on each connection; counts the answers. Each is for
-- another account, or most would be refused for the many before them and cost nothing.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local last = 0
function request()
    last = last + 1
    return wrk.format(nil, nil, nil, string.format(
        '{"email":"nobody%d@example.com","password":"a wrong password of nobody","device_name":"x"}', last))
end

local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() answers = {} end
function response(status) answers[status] = (answers[status] or 0) + 1 end
function done()
    for _, thread in ipairs(threads) do
        for status, count in pairs(thread:get("answers")) do
            io.write(string.format("answers %d: %d\n", status, count))
        end
    end
end
