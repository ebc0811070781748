# The layout and the components

frame-skip = Skip to content
