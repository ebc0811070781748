# Token
