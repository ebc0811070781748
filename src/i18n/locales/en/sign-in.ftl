# Sign-in, sign-out, registration and confirmation
