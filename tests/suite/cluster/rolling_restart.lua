-- Asks for as long as it is let, and says when it has counted its first answer.
local said = false

function response()
    if not said then
        io.stderr:write("answered\n")
        said = true
    end
end
