"""THIN SKIN 2: the same calls over HTTP, for dashboards and for any client of OpenAI's.

`app.create` makes the application, `serving.serve` runs it. Nothing here decides anything about providers, money or
recordings; that is the manager's and the pipelines' business.
"""
