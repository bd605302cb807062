"""What `salesnb <command>` does, a module a command.

A command is a function of the words typed that gives an `Answer`; `salesnb.cli` names it, reads
the words and prints the answer. Nothing here is imported before its command is asked for.
"""
