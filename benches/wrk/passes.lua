-- Asks with another pass each time: the headers of a file, one a line, from anywhere among them on, so that
-- short loads show all of them sooner or later. All requests are made before the first is sent, and each has a
-- number: where the same pass is shown by many, they are as many to remember for the client as if each
-- showed another.
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
