# Sessions
