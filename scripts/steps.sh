# Sourced by scripts that consist of steps. `step` begins one; `print_steps` prints how long each took.

step_names=()
step_seconds=()
step_began=0

# Begins a step with this name, and ends the one before.
step() {
    end_step
    printf '\n=== %s\n' "$*"
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
