# Mails

mail-verify-subject = { $app }: confirm your email address
mail-verify-reason = An account at { $app } was created with the address { $email }. Confirm that this address is yours.
mail-verify-button = Confirm email address
mail-verify-code = If you are signed in, you can enter this code instead. It works for 10 minutes:
mail-verify-ignore = If you did not create an account, ignore this email.
mail-account-exists-subject = { $app }: you already have an account
mail-account-exists-reason = Someone tried to create an account at { $app } with the address { $email }. This address already has an account, and no second one was created.
mail-account-exists-forgotten = If you forgot your password, choose “Forgot password?” on the sign-in page.
mail-account-exists-button = Sign in
mail-account-exists-ignore = If you did not do this, ignore this email. Your account is unchanged.
mail-reset-subject = { $app }: choose a new password
mail-reset-reason = Someone requested a new password for the account at { $app } with the address { $email }.
mail-reset-button = Choose a new password
mail-reset-ignore = If you did not request it, ignore this email. Your password stays the same.
mail-confirm-subject = { $app }: confirm your new email address
mail-confirm-reason = The address { $email } was entered as the new address of an account at { $app }. Confirm that this address is yours.
mail-confirm-button = Confirm email address
mail-confirm-ignore = If you did not enter it, ignore this email. The account then keeps its address.
mail-verify-notice-subject = { $app }: confirm your address for notices
mail-verify-notice-reason = The address { $email } was entered as a second address for notices about an account at { $app }. Confirm that this address is yours.
mail-address-taken-reason = Someone entered the address { $email } as the new address of another account at { $app }. This address already has an account, so nothing was changed.
mail-test-subject = { $app }: test of email
mail-test-reason = This is a test. { $app } can send email.
mail-link-lifetime = The link works for { $life }, and only once.
mail-contact = Questions? Contact { $contact }
mail-automatic = { $app } sent this email automatically. Replies are not read.
