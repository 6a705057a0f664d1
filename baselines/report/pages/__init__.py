"""Pages in one file each, for a browser without a network: of a run of many recipes, and of one clip step by step."""
