"""Files of others: those of the challenges, of coding tools, spreadsheets."""
