"""E-mail both ways: reading what comes, taking it over by LMTP and IMAP, sending by SMTP. Which case it is: `cases`."""
