# Writes the users of a Rails app with Devise for `narthex import devise`:
#
#     bin/rails runner devise.rb >shop.jsonl
#
# Devise appends `config.pepper` to each password before it hashes. Narthex does not, so the hashes of
# an app with a pepper are left out. The file contains password hashes. docs/import.md describes its
# format.

require "json"

write = ->(line) { puts JSON.generate(line) }
time = ->(at) { at&.utc&.iso8601 }
users = 0
pepper = Devise.pepper.present?

write.call(narthex: "export", version: 1, source: "devise")
User.unscoped.find_each do |user|
  users += 1
  write.call(
    user: user.id.to_s,
    email: user.email.to_s,
    name: user.try(:name),
    password: (user.encrypted_password.presence unless pepper),
    email_verified_at: time.call(user.try(:confirmed_at)),
    created_at: time.call(user.created_at),
    # A lock after wrong passwords ends by itself, and an unconfirmed address is no reason here.
    disabled: !user.active_for_authentication? && ![:unconfirmed, :locked].include?(user.inactive_message)
  )
end
write.call(end: { users: users, tokens: 0 })
