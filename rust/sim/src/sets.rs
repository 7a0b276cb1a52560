//! Sets of named numbers: one run each.

use crate::spec::{RunSpec, SpecError};

/// The sets: values of named numbers, one row a set.
#[derive(Debug, Clone, Copy)]
pub struct Sets<'a> {
    /// The numbers' names, which the description's rules define.
    pub names: &'a [String],
    /// Their values, set by set.
    pub values: &'a [f64],
}

impl Sets<'_> {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.values.len().checked_div(self.names.len()).unwrap_or(0)
    }

    /// The sets in an order in which neighbours have most values in common: along a Z-order curve (Morton, 1966) over the
    /// ranks of their values.
    pub(crate) fn by_likeness(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.count()).collect();
        let ranks: Vec<Vec<u32>> = (0..self.names.len()).map(|name| self.ranks(name)).collect();
        let key = |set: &usize| {
            let bits = (0..u32::BITS).rev().flat_map(|bit| ranks.iter().map(move |ranks| ranks[*set] >> bit & 1));
            // Of very many numbers the highest bits are lost, and with them nothing but neighbours.
            bits.fold(0_u128, |key, bit| key << 1 | u128::from(bit))
        };
        order.sort_by_cached_key(key);
        order
    }

    /// The place of each set's value of one number among all its values.
    fn ranks(&self, name: usize) -> Vec<u32> {
        let values: Vec<f64> = (0..self.count()).map(|set| self.row(set)[name]).collect();
        let mut known = values.clone();
        known.sort_by(f64::total_cmp);
        known.dedup();
        let rank = |value: &f64| known.partition_point(|known| known.total_cmp(value).is_lt()) as u32;
        values.iter().map(rank).collect()
    }

    pub(crate) fn row(&self, set: usize) -> &[f64] {
        &self.values[set * self.names.len()..][..self.names.len()]
    }

    pub(crate) fn told(&self, set: usize) -> String {
        let pairs = self.names.iter().zip(self.row(set)).map(|(name, value)| format!("{name} = {value}"));
        pairs.collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn check(&self, spec: &RunSpec) -> Result<(), SpecError> {
        let key = "sets";
        let known = spec.rules.iter().flat_map(|rules| &rules.numbers);
        let known: Vec<&String> = known.map(|(name, _)| name).collect();
        if let Some(name) = self.names.iter().find(|name| !known.contains(name)) {
            return Err(SpecError::Conflict { key, reason: format!("the rules have no number {name:?}") });
        }
        if self.names.is_empty() || !self.values.len().is_multiple_of(self.names.len()) {
            let reason = format!("{} values of {} numbers are no whole sets", self.values.len(), self.names.len());
            return Err(SpecError::Conflict { key, reason });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|place| format!("n{place}")).collect()
    }

    #[test]
    fn neighbours_of_the_order_have_values_in_common() {
        let names = names(2);
        let values: Vec<f64> =
            (0..8).flat_map(|one| (0..8).flat_map(move |other| [f64::from(one), f64::from(other)])).collect();
        let sets = Sets { names: &names, values: &values };
        let order = sets.by_likeness();
        for tile in order.chunks(16) {
            for name in 0..2 {
                let mut found: Vec<u64> = tile.iter().map(|set| sets.row(*set)[name].to_bits()).collect();
                found.sort_unstable();
                found.dedup();
                assert_eq!(found.len(), 4, "{tile:?}");
            }
        }
        let mut all = order;
        all.sort_unstable();
        assert_eq!(all, (0..64).collect::<Vec<_>>());
    }

    #[test]
    fn any_values_have_an_order() {
        let names = names(9);
        let values: Vec<f64> = (0..9 * 50_u32).map(|at| f64::from(at.wrapping_mul(2_654_435_769) >> 7) - 1e7).collect();
        let sets = Sets { names: &names, values: &values };
        let mut order = sets.by_likeness();
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
        assert_eq!(Sets { names: &names, values: &[] }.by_likeness(), Vec::<usize>::new());
    }
}
