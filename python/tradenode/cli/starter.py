"""The config that new projects and the demo start from."""

_CONFIG = """\
# {about}
title = "{title}"

[data]
instruments = ["{instrument}"]
timeframe = "{timeframe}"          # made from finer bars where the catalogue has those
catalogue = "data"         # relative to this file

[account]
currency = "{quote}"
cash = 10_000

[indicators]               # names that the rules use; edit a number and run again
fast = "ema({fast})"
slow = "ema({slow})"

[entry.long]               # looked at when a bar has closed, filled at the next open
when = "fast crosses above slow"

[exit.long]
when = "fast crosses below slow"

[size]
kind = "equity_fraction"
fraction = "100%"

[exits]
stop_loss = "3%"

[costs]
maker_fee = "0.02%"
taker_fee = "0.05%"

[risk]                     # these bind without being written down too; `tradenode check` lists all that do
max_daily_loss = "5%"      # then nothing is bought until the next day (UTC)
max_drawdown = "25%"       # then nothing is bought any more

[expect]                   # exit status 3 where one is not met
max_drawdown = "< 50%"
trades = ">= 1"
"""


def starter_config(
    instrument: str,
    *,
    title: str,
    about: str = "An EMA crossover to start from: long while the fast average stands above the slow one.",
    timeframe: str = "1h",
    fast: int = 12,
    slow: int = 26,
) -> str:
    """The TOML text for an instrument named BASE-QUOTE."""
    return _CONFIG.format(
        about=about,
        title=title,
        instrument=instrument,
        timeframe=timeframe,
        quote=instrument.split("-")[1],
        fast=fast,
        slow=slow,
    )
