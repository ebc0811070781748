# E-Mails
