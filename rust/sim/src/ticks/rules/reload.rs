//! A strategy of rules that goes on where another one stopped, whose config was written anew.

use std::mem::swap;

use super::RuleTrader;
use crate::rules::Wanted;

impl RuleTrader {
    /// Takes over what another one has under way, for one that was just made of the same instruments: positions with their
    /// guards, entries, exits. Bars and what the rules know of them go on where the rules are the same to the letter; other
    /// rules begin anew, and are undefined until they have seen enough. Levels at which a position is to be left stay as
    /// they were reckoned. The other one must not be used any more.
    pub fn take_over(&mut self, before: &mut Self) {
        if self.reads_like(before) {
            swap(&mut self.machines, &mut before.machines);
        }
        if self.spec.timeframe_ns == before.spec.timeframe_ns {
            swap(&mut self.formed, &mut before.formed);
            self.closed_at = before.closed_at;
        }
        swap(&mut self.lanes, &mut before.lanes);
        let parts = self.spec.scale_out.len();
        // A part that there is not any more is not taken off.
        self.lanes.iter_mut().for_each(|lane| lane.parting.retain(|part| *part < parts));
        self.acts = before.acts;
    }

    /// Whether the rules of both say the same of the same bars.
    fn reads_like(&self, other: &Self) -> bool {
        let (one, two) = (&self.spec, &other.spec);
        let named = one.rules.indicators == two.rules.indicators && one.rules.numbers == two.rules.numbers;
        let said = |trader: &Self| Wanted::of(trader.spec.plan(&trader.instruments)).map(|wanted| wanted.rules).ok();
        named && one.timeframe_ns == two.timeframe_ns && said(self) == said(other)
    }
}
