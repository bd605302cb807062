"""The data door: what tables look like, how files become them, how reports read them.

`contract` and `tables` say what is agreed, `store` keeps and reads it. `importing` turns files
into it, with the help of `sources`, `matching`, `mapping` and `cleaning`. `check` tells what
breaks it. Nothing here computes a metric.
"""
