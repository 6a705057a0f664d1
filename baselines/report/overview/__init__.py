"""The page of a run of many recipes, `report.html`: what each of its sections shows, as plain values."""
