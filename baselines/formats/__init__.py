"""Files of others: those of the challenges, spreadsheets."""
