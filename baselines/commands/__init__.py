"""What the commands of the command line do: one module a command, or a family of them."""
