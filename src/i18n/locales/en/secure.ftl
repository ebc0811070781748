# The page that secures the account

secure-title = Secure your account
secure-lead = If you do not recognise something below, take these steps from the top.
secure-sign-out = Access
secure-sign-out-lead = You see a list first. Then every browser and every app must sign in again, this one too.
secure-password-lead = Use a password that you use nowhere else.
secure-tokens-lead = Look for tokens that you did not create, and for permissions that you did not give.
secure-tokens = Review tokens
