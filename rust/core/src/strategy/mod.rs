//! What a strategy wants besides its signals: how to enter, how large, when out.
//!
//! These descriptions are the same for rules in TOML, symbolic bars and call-backs, in a back-test and live.

pub mod guard;
pub mod sizing;

use serde::{Deserialize, Serialize};

use crate::rules::Source;
use crate::units::{Decimal, RATE_ONE, Rate};

/// A price distance from the entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distance {
    /// A part of the average entry price (of the best price for a trailing stop).
    Ratio(Rate),
    /// A numeric rule in price units, evaluated on the bar of the entry signal.
    Rule(Source),
}

/// How an entry order is placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryOrder {
    /// At the next event's price.
    #[default]
    Market,
    /// At the given price or better.
    Limit,
    /// At the market once the given price is touched.
    Stop,
}

/// When and how a side is entered.
///
/// A new signal replaces the order that still waits on its side; of orders that wait on both sides the first to fill
/// cancels the other. While a position is held, an opposite market entry reverses it and an opposite limit or stop
/// entry does nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntrySpec {
    /// The rule that fires on a bar's close.
    pub when: Source,
    /// The order's kind.
    #[serde(default)]
    pub order: EntryOrder,
    /// The numeric rule of the order's price; needed for limit and stop orders. Between two ticks the one that is
    /// harder to reach counts.
    #[serde(default)]
    pub price: Option<Source>,
    /// How many bars a limit or stop entry stays open.
    #[serde(default = "one_bar")]
    pub valid_for: u32,
}

fn one_bar() -> u32 {
    1
}

/// How large an entry is, and how large the position may become by it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SizeSpec {
    /// How the entry is sized; unknown keys are refused here.
    #[serde(flatten)]
    pub method: SizeMethod,
    /// The most that the position may be worth after the entry, as a part of the equity; the entry is cut down to it. The
    /// entry's holds for additions too, unless their own size has one.
    #[serde(default)]
    pub max_position_percent: Option<Rate>,
}

/// How an entry is sized.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SizeMethod {
    /// Always the same quantity, in base units.
    FixedQuantity {
        /// Base units.
        quantity: Decimal,
    },
    /// Always the same notional, in the account's currency.
    FixedNotional {
        /// Account currency.
        notional: Decimal,
    },
    /// A part of the equity; notional and taker fee together stay within it.
    EquityFraction {
        /// The part; above 1 only with leverage.
        fraction: Rate,
    },
    /// So much that the stop loses this part of the equity, fees of both sides included.
    RiskPerTrade {
        /// The part lost at the stop.
        risk: Rate,
    },
    /// A part of Kelly's fraction `W - (1 - W) / R` (win rate W, payoff ratio R) of the trades closed so far.
    Kelly {
        /// The part of Kelly's fraction to use (half Kelly: 0.5).
        fraction: Rate,
        /// The closed trades needed before the formula is used.
        min_trades: u32,
        /// The equity fraction used until then.
        initial: Rate,
        /// The largest equity fraction.
        cap: Rate,
    },
    /// So much that a move of the price by a distance changes the equity by a part of it: `equity * risk / distance` base
    /// units. The field's way of volatility sizing by the average true range (C. Faith, "Way of the Turtle", 2007).
    AtrTarget {
        /// The part.
        risk: Rate,
        /// The numeric rule of the distance in price units (`2 * atr(14)`), evaluated on the bar of the entry signal.
        distance: Source,
    },
    /// So much that the position's volatility over a year is a part of the equity:
    /// `equity * annual_volatility / (price * bar_volatility * sqrt(bars a year))` base units, a year being 365 days.
    ///
    /// Source: R. Carver, "Systematic Trading" (2015), volatility targeting.
    VolatilityTarget {
        /// The part: the standard deviation of the position's profit over a year.
        annual_volatility: Rate,
        /// The numeric rule of the standard deviation of one bar's return (`stddev(48, source = close / close[1])`),
        /// evaluated on the bar of the entry signal.
        bar_volatility: Source,
    },
    /// A budget divided equally over the run's instruments: an entry loses at most its share at the stop, as for
    /// [`SizeMethod::RiskPerTrade`]; without a stop, a move by the distance changes the equity by it, as for
    /// [`SizeMethod::AtrTarget`].
    EqualRisk {
        /// The budget of all instruments together, as a part of the equity.
        risk: Rate,
        /// The numeric rule of the distance in price units; needed without a stop.
        #[serde(default)]
        distance: Option<Source>,
    },
}

/// A stop that follows the best price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailingSpec {
    /// How far behind the best price; a ratio is a part of that price.
    pub distance: Distance,
    /// The favourable move, as a part of the entry price, before it starts.
    #[serde(default)]
    pub offset: Rate,
}

/// A stop that moves to the entry price once the position has gained enough.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakEvenSpec {
    /// The favourable move, as a part of the entry price.
    pub after: Rate,
    /// Where the stop goes: so far on the profit side of the entry.
    #[serde(default)]
    pub offset: Rate,
}

/// One step of a profit table: from this age on, this profit suffices.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfitStep {
    /// The position's least age.
    pub age_ns: i64,
    /// The profit, as a part of the entry price; may be negative.
    pub profit: Rate,
}

/// What takes a position out besides its exit rule. Distances and profits are measured on the price, not on margin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExitsSpec {
    /// The loss at which the position is stopped out.
    pub stop_loss: Option<Distance>,
    /// The profit at which it is taken.
    pub take_profit: Option<Distance>,
    /// A stop that follows the best price.
    pub trailing: Option<TrailingSpec>,
    /// Profit targets by age, ascending.
    pub profit_table: Vec<ProfitStep>,
    /// The longest holding time.
    pub max_hold_ns: Option<i64>,
    /// Moves the stop to the entry.
    pub break_even: Option<BreakEvenSpec>,
}

/// Adding to a position, always at the market.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleInSpec {
    /// The rule; the entry rule when absent.
    #[serde(default)]
    pub when: Option<Source>,
    /// The most entries of one position, the first included.
    pub max_entries: u32,
    /// The size of each addition; the entry's when absent.
    #[serde(default)]
    pub size: Option<SizeSpec>,
}

/// Taking a part off a position, once a position; exactly one of `at_profit` and `when` is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleOutSpec {
    /// The favourable move, as a part of the entry price.
    #[serde(default)]
    pub at_profit: Option<Rate>,
    /// The rule.
    #[serde(default)]
    pub when: Option<Source>,
    /// The part of the position's largest size to take off.
    pub fraction: Rate,
}

impl ScaleOutSpec {
    /// The lots to take off a position whose largest size were so many.
    #[must_use]
    pub fn lots_of(&self, largest: i64) -> i64 {
        // Whole numbers: a hundred lots times 0.29 in doubles are less than 29.
        (i128::from(largest) * i128::from(self.fraction.0) / i128::from(RATE_ONE)) as i64
    }
}
