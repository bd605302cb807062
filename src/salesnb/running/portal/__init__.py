"""The portal `outputs/index.html`: every report of a folder on one offline page."""

NAME = "index.html"
