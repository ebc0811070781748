# Tokens
