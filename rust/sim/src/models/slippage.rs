//! Slippage: how much worse than its reference price an order that takes liquidity fills.

use tradenode_core::orders::Side;
use tradenode_core::units::{Grid, Rounding, UnitError};

use crate::spec::{SlippageSpec, SpecError};

const BASIS_POINT: f64 = 1e-4;

impl SlippageSpec {
    /// Checks the model's numbers.
    ///
    /// # Errors
    /// The first number outside its range.
    pub fn check(&self) -> Result<(), SpecError> {
        let at_least = |key, value: f64, least: f64, expected: &'static str| {
            if value.is_finite() && value >= least { Ok(()) } else { Err(SpecError::range(key, expected, value)) }
        };
        match *self {
            Self::None => Ok(()),
            Self::Bps { bps } => at_least("costs.slippage.bps", bps, 0.0, "at least 0"),
            Self::Spread { spread_bps, fraction } => {
                at_least("costs.slippage.spread_bps", spread_bps, 0.0, "at least 0")?;
                at_least("costs.slippage.fraction", fraction, 0.0, "at least 0")
            }
            Self::Volume { coefficient, max_share } => {
                at_least("costs.slippage.coefficient", coefficient, 0.0, "at least 0")?;
                at_least("costs.slippage.max_share", max_share, f64::MIN_POSITIVE, "above 0")
            }
        }
    }

    /// The lots of an order that a bar of `volume` (in lots) can take.
    #[must_use]
    #[inline]
    pub fn fillable(&self, lots: i64, volume: f64) -> i64 {
        match *self {
            Self::Volume { max_share, .. } => lots.min((volume * max_share).floor().max(0.0) as i64),
            _ => lots,
        }
    }

    /// The price, in ticks, at which `lots` fill when the market stands at `ticks`: rounded against the order.
    ///
    /// # Errors
    /// A price too large for the grid.
    #[inline]
    pub fn fill_price(&self, grid: &Grid, side: Side, ticks: i64, lots: i64, volume: f64) -> Result<i64, UnitError> {
        let part = match *self {
            Self::None => return Ok(ticks),
            Self::Bps { bps } => bps * BASIS_POINT,
            Self::Spread { spread_bps, fraction } => spread_bps * fraction * BASIS_POINT,
            Self::Volume { coefficient, .. } if volume > 0.0 => coefficient * (lots as f64 / volume).sqrt(),
            Self::Volume { .. } => 0.0,
        };
        let price = grid.value(ticks) * (1.0 + side.sign() as f64 * part);
        let rounding = if side == Side::Buy { Rounding::Up } else { Rounding::Down };
        Ok(grid.steps_towards(price, rounding)?.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(model: &SlippageSpec, side: Side) -> i64 {
        let grid = Grid::new("0.1".parse().unwrap()).unwrap();
        model.fill_price(&grid, side, 1_000, 25, 10_000.0).unwrap()
    }

    #[test]
    fn every_model_fills_against_the_order() {
        assert_eq!((fill(&SlippageSpec::None, Side::Buy), fill(&SlippageSpec::None, Side::Sell)), (1_000, 1_000));
        let bps = SlippageSpec::Bps { bps: 15.0 };
        assert_eq!((fill(&bps, Side::Buy), fill(&bps, Side::Sell)), (1_002, 998));
        let spread = SlippageSpec::Spread { spread_bps: 20.0, fraction: 0.5 };
        assert_eq!((fill(&spread, Side::Buy), fill(&spread, Side::Sell)), (1_001, 999));
        // 0.1 * sqrt(25 / 10,000) = 0.5 %
        let volume = SlippageSpec::Volume { coefficient: 0.1, max_share: 0.001 };
        assert_eq!((fill(&volume, Side::Buy), fill(&volume, Side::Sell)), (1_005, 995));
        assert_eq!(volume.fillable(25, 10_000.0), 10);
    }

    #[test]
    fn numbers_outside_their_range_are_refused() {
        let error = SlippageSpec::Bps { bps: f64::NAN }.check().unwrap_err();
        assert_eq!(error.to_string(), "costs.slippage.bps must be at least 0, got NaN");
        assert!(SlippageSpec::Volume { coefficient: 0.1, max_share: 0.0 }.check().is_err());
    }
}
