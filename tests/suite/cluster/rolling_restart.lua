-- Writes `answered` after the first response.
local reported = false

function response()
    if not reported then
        io.stderr:write("answered\n")
        reported = true
    end
end
