//! The numbers of an order's fills: most orders have one, which takes no memory of its own.

use serde::{Deserialize, Serialize};

/// Numbers, each once, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<u64>", into = "Vec<u64>")]
pub(super) struct Numbers {
    least: Option<u64>,
    /// Those above it.
    more: Vec<u64>,
}

impl Numbers {
    /// No number.
    pub(super) const NONE: Self = Self { least: None, more: Vec::new() };

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.least.is_some() as usize + self.more.len()
    }

    /// Whether there is none.
    pub(super) const fn is_empty(&self) -> bool {
        self.least.is_none()
    }

    /// Whether they ascend: for numbers that were read.
    pub(super) fn ascend(&self) -> bool {
        let first = self.more.first().is_none_or(|&second| self.least.is_some_and(|least| least < second));
        first && self.more.windows(2).all(|pair| pair[0] < pair[1])
    }

    /// Whether a number is among them.
    #[inline]
    pub(super) fn holds(&self, number: u64) -> bool {
        self.least == Some(number) || (!self.more.is_empty() && self.more.binary_search(&number).is_ok())
    }

    /// Takes in a number that is not among them.
    #[inline]
    pub(super) fn add(&mut self, number: u64) {
        match self.least {
            None => self.least = Some(number),
            Some(least) => self.add_beside(least, number),
        }
    }

    #[inline(never)]
    fn add_beside(&mut self, least: u64, number: u64) {
        let above = least.max(number);
        self.least = Some(least.min(number));
        let place = self.more.partition_point(|&other| other < above);
        self.more.insert(place, above);
    }
}

impl From<Vec<u64>> for Numbers {
    fn from(mut numbers: Vec<u64>) -> Self {
        let least = if numbers.is_empty() { None } else { Some(numbers.remove(0)) };
        Self { least, more: numbers }
    }
}

impl From<Numbers> for Vec<u64> {
    fn from(numbers: Numbers) -> Self {
        numbers.least.into_iter().chain(numbers.more).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    use super::*;

    proptest! {
        #[test]
        fn they_are_a_sorted_set_and_are_kept_as_a_list(given in proptest::collection::vec(0..12_u64, 0..12)) {
            let (mut numbers, mut set) = (Numbers::NONE, BTreeSet::new());
            for number in given {
                prop_assert_eq!(numbers.holds(number), !set.insert(number));
                if !numbers.holds(number) {
                    numbers.add(number);
                }
                prop_assert!((0..12).all(|other| numbers.holds(other) == set.contains(&other)) && numbers.ascend());
                prop_assert_eq!((numbers.len(), numbers.is_empty()), (set.len(), false));
            }
            let text = serde_json::to_string(&numbers).unwrap();
            prop_assert_eq!(&text, &serde_json::to_string(&set).unwrap());
            prop_assert_eq!(serde_json::from_str::<Numbers>(&text).unwrap(), numbers);
        }
    }

    #[test]
    fn a_list_that_does_not_ascend_is_told_from_one_that_does() {
        let ascend = |list: &[u64]| Numbers::from(list.to_vec()).ascend();
        assert!(ascend(&[]) && ascend(&[3]) && ascend(&[3, 4, 9]));
        assert!(!ascend(&[3, 3]) && !ascend(&[4, 3]) && !ascend(&[3, 5, 4]));
    }
}
