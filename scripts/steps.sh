# Sourced by scripts that consist of steps. `step` begins one; `print_steps` prints how long each took.

step_names=()
step_seconds=()
step_began=0

# Begins a step with this name, and ends the one before.
step() {
    end_step
    printf '\n=== %s\n' "$*"
    repair_null_device
    step_names+=("$*")
    step_began=$SECONDS
}

end_step() {
    if [ ${#step_names[@]} -gt ${#step_seconds[@]} ]; then
        step_seconds+=($((SECONDS - step_began)))
    fi
}

# Prints the wall time of every step that began, also if the last one failed.
print_steps() {
    end_step
    local at
    printf '\n=== Minutes and seconds of each step\n'
    for at in "${!step_names[@]}"; do
        printf '%3d:%02d  %s\n' $((step_seconds[at] / 60)) $((step_seconds[at] % 60)) "${step_names[at]}"
    done
}

# Makes /dev/null a device again that each user can write. PostgreSQL does not start otherwise,
# because it runs as a user of its own. A program that replaces its output file does such damage if
# root gives it `-o /dev/null`, and some containers begin without the device.
repair_null_device() {
    [ "$(id -u)" -eq 0 ] || return 0
    local found
    found=$(describe_null_device)
    case $found in
        'character special file 1:3, mode 666') return 0 ;;
        'character special file 1:3, '*) chmod 666 /dev/null || true ;;
        *)
            # A file system without devices, or a mount of the file, permits only another mode.
            if ! { mknod --mode=666 /dev/null.new c 1 3 && : >/dev/null.new &&
                mv --force /dev/null.new /dev/null; }; then
                rm -f /dev/null.new
                chmod 666 /dev/null || true
            fi
            ;;
    esac
    echo "/dev/null was unusable for other users ($found). It is now: $(describe_null_device)."
}

describe_null_device() {
    LC_ALL=C stat --format '%F %t:%T, mode %a' /dev/null 2>&1 || true
}
