-- Sends each request with the next header of a file, one a line, from a random one on, so that short loads
-- use all of them over time. All requests are built before the first is sent, and each has a number: the
-- client then keeps as many requests if they have the same credential as if each had its own.
local requests, last = {}, 0

function init(arguments)
    for line in io.lines(arguments[1]) do
        local name, value = line:match("^([^:]+): (.*)$")
        local number = string.format("%06d", #requests)
        requests[#requests + 1] = wrk.format("GET", nil, { [name] = value, ["X-Number"] = number })
    end
    math.randomseed(os.time())
    last = math.random(#requests)
end

function request()
    last = last % #requests + 1
    return requests[last]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("FIGURES %d %d %d %d\n", summary.requests, summary.duration,
        errors.connect + errors.read + errors.write + errors.timeout + errors.status,
        latency:percentile(99)))
end
