//! What a monitor's account holds now: exposure, margin, what waits.

use super::exposure::{Exposure, Reach};
use super::monitor::{Monitor, Whose};
use super::spec::MonitorError;
use crate::money::{Atoms, MoneyError, as_f64, rate_of};
use crate::risk::OpenOrders;

/// What positions need, against the equity of the account. Of one strategy it is what its positions would need by themselves:
/// over all strategies that can be more than the account needs, where what is held is netted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Margin {
    /// The equity of the account.
    pub equity: Atoms,
    /// What opening the positions needs.
    pub initial: Atoms,
    /// Below which they are liquidated.
    pub maintenance: Atoms,
    /// What is held, long and short.
    pub gross: Atoms,
}

impl Margin {
    /// What of the equity the initial margin leaves; below zero where it is lacking.
    #[must_use]
    pub const fn free(&self) -> Atoms {
        self.equity - self.initial
    }

    /// What is held, long and short, over the equity; NaN where that is not above zero.
    #[must_use]
    pub fn leverage(&self) -> f64 {
        over(self.gross, self.equity)
    }
}

/// What is held in one base asset, over all instruments.
#[derive(Debug, Clone, PartialEq)]
pub struct AssetExposure {
    /// The asset.
    pub asset: String,
    /// What is held in it.
    pub exposure: Exposure,
    /// Its net exposure, either way, over the account's equity; NaN where that is not above zero.
    pub concentration: f64,
}

impl Monitor {
    /// What is held, instrument by instrument.
    ///
    /// # Errors
    /// No such strategy, an amount beyond 128 bits.
    pub fn exposures(&self, whose: Whose) -> Result<Vec<Exposure>, MonitorError> {
        self.check_strategy(whose)?;
        let of = |place| Ok(Exposure::of(&self.instruments[place], self.lots(whose, place), self.price(place))?);
        (0..self.instruments.len()).map(of).collect()
    }

    /// What is held in each base asset, in the order in which instruments name them first.
    ///
    /// # Errors
    /// No such strategy, an amount beyond 128 bits.
    pub fn assets(&self, whose: Whose) -> Result<Vec<AssetExposure>, MonitorError> {
        let equity = self.equity()?;
        let mut assets: Vec<AssetExposure> = Vec::new();
        for (instrument, exposure) in self.instruments.iter().zip(self.exposures(whose)?) {
            let base = &instrument.spec().base;
            match assets.iter_mut().find(|known| known.asset == *base) {
                Some(known) => known.exposure += exposure,
                None => assets.push(AssetExposure { asset: base.clone(), exposure, concentration: f64::NAN }),
            }
        }
        for asset in &mut assets {
            asset.concentration = over(asset.exposure.net().abs(), equity);
        }
        Ok(assets)
    }

    /// What the positions need: of each notional the instrument's initial and maintenance margin.
    ///
    /// # Errors
    /// No such strategy, an amount beyond 128 bits.
    pub fn margin(&self, whose: Whose) -> Result<Margin, MonitorError> {
        let mut margin = Margin { equity: self.equity()?, initial: 0, maintenance: 0, gross: 0 };
        for (instrument, exposure) in self.instruments.iter().zip(self.exposures(whose)?) {
            let (spec, gross) = (instrument.spec(), exposure.gross());
            margin.gross += gross;
            margin.initial += rate_of(gross, spec.initial_margin)?;
            margin.maintenance += rate_of(gross, spec.maintenance_margin)?;
        }
        Ok(margin)
    }

    /// What the account may come to by its open orders, one entry an instrument.
    ///
    /// # Errors
    /// Orders of another number of instruments, an amount beyond 128 bits.
    pub fn reaches(&self, open: &[OpenOrders]) -> Result<Vec<Reach>, MonitorError> {
        let (given, traded) = (open.len(), self.instruments.len());
        if given != traded {
            return Err(MonitorError::Orders { given, traded });
        }
        let of = |(place, open)| self.reach(place, open).map_err(MonitorError::from);
        open.iter().enumerate().map(of).collect()
    }

    fn reach(&self, place: usize, open: &OpenOrders) -> Result<Reach, MoneyError> {
        Reach::of(&self.instruments[place], self.lots(None, place), self.price(place), open)
    }
}

fn over(amount: Atoms, equity: Atoms) -> f64 {
    if equity > 0 { as_f64(amount) / as_f64(equity) } else { f64::NAN }
}
