//! Sets of rows, one bit each.

/// The rows of a word.
const WORD: usize = 64;

/// Some rows of a column, such as those on which a rule fires.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    words: Vec<u64>,
    /// How many rows there are, in the set or not.
    count: usize,
}

impl Rows {
    /// No rows yet, with room for `count`.
    pub(super) fn with_capacity(count: usize) -> Self {
        Self { words: Vec::with_capacity(count.div_ceil(WORD)), count: 0 }
    }

    /// Adds the next rows: those whose truth is 1 (not 0, not NaN) belong to the set.
    pub(super) fn append(&mut self, truth: &[f64]) {
        self.append_where(truth, truth, |truth, _| truth == 1.0);
    }

    /// Adds the next rows: those belong to the set of which `holds` is true, given both columns' values.
    pub(super) fn append_where(&mut self, left: &[f64], right: &[f64], holds: impl Fn(f64, f64) -> bool) {
        let filled = self.count % WORD;
        let first = if filled == 0 { 0 } else { left.len().min(WORD - filled) };
        let ((left, lefts), (right, rights)) = (left.split_at(first), right.split_at(first));
        if let Some(last) = self.words.last_mut().filter(|_| first > 0) {
            *last |= part(left, right, &holds) << filled;
        }
        let ((left, last_left), (right, last_right)) = (lefts.as_chunks(), rights.as_chunks());
        self.words.extend(left.iter().zip(right).map(|(left, right)| word(left, right, &holds)));
        if !last_left.is_empty() {
            self.words.push(part(last_left, last_right, &holds));
        }
        self.count += first + lefts.len();
    }

    /// The rows that are in any of some sets, of `count` rows each.
    #[must_use]
    pub fn any<'a>(sets: impl IntoIterator<Item = &'a Self>, count: usize) -> Self {
        let mut words = vec![0; count.div_ceil(WORD)];
        for set in sets {
            for (all, one) in words.iter_mut().zip(&set.words) {
                *all |= one;
            }
        }
        Self { words, count }
    }

    /// The rows that are not in another set of as many.
    #[must_use]
    pub fn without(mut self, other: &Self) -> Self {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
        self
    }

    /// The rows of `count` that are in all of some sets and not in another.
    pub(super) fn all_without(sets: [&Self; 2], other: &Self) -> Self {
        let words = sets[0].words.iter().zip(&sets[1].words).zip(&other.words);
        Self { words: words.map(|((one, two), other)| one & two & !other).collect(), count: other.count }
    }

    /// How many rows there are, in the set or not.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Whether a row is in the set.
    ///
    /// # Panics
    /// For a row beyond the last word.
    #[must_use]
    #[inline]
    pub fn has(&self, row: usize) -> bool {
        self.words[row / WORD] >> (row % WORD) & 1 != 0
    }

    /// The first row of the set from `row` on; the count of rows when there is none.
    #[must_use]
    #[inline]
    pub fn next(&self, row: usize) -> usize {
        let mut place = row / WORD;
        let Some(first) = self.words.get(place) else { return self.count };
        let mut word = first & (u64::MAX << (row % WORD));
        while word == 0 {
            place += 1;
            let Some(&next) = self.words.get(place) else { return self.count };
            word = next;
        }
        WORD * place + word.trailing_zeros() as usize
    }
}

/// Fewer rows than a word has.
fn part(left: &[f64], right: &[f64], holds: impl Fn(f64, f64) -> bool) -> u64 {
    let rows = left.iter().zip(right).enumerate();
    rows.fold(0, |word, (row, (&left, &right))| word | u64::from(holds(left, right)) << row)
}

/// The rows of a word; each lane takes every fourth, so that two of them fit an instruction.
#[inline(always)]
fn word(left: &[f64; WORD], right: &[f64; WORD], holds: impl Fn(f64, f64) -> bool) -> u64 {
    let mut lanes = [0_u64; 4];
    for (left, right) in left.as_chunks::<4>().0.iter().zip(right.as_chunks::<4>().0).rev() {
        for (lane, (&left, &right)) in lanes.iter_mut().zip(left.iter().zip(right)) {
            // The sum of what has no bit in common is what `|` is, and two instructions less.
            *lane = (*lane << 4).wrapping_add(u64::from(holds(left, right)));
        }
    }
    lanes[0] | lanes[1] << 1 | lanes[2] << 2 | lanes[3] << 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn truth() -> impl Strategy<Value = Vec<f64>> {
        let dense = prop::sample::select(vec![0.0, 1.0, f64::NAN]);
        let sparse = (0..97_u8).prop_map(|chance| f64::from(u8::from(chance == 0)));
        prop_oneof![prop::collection::vec(dense, 0..300), prop::collection::vec(sparse, 0..300)]
    }

    proptest! {
        #[test]
        fn a_set_is_what_its_column_says(truth in truth(), block in 1..200_usize, row in 0..300_usize) {
            let mut rows = Rows::with_capacity(truth.len());
            truth.chunks(block).for_each(|block| rows.append(block));
            let fires: Vec<bool> = (0..rows.count()).map(|row| rows.has(row)).collect();
            prop_assert_eq!(&fires, &truth.iter().map(|&truth| truth == 1.0).collect::<Vec<_>>());
            let next = (row..truth.len()).find(|&row| fires[row]).unwrap_or(truth.len());
            prop_assert_eq!(rows.next(row), next);
        }

        #[test]
        fn any_is_in_one_or_the_other_and_without_in_one_alone(one in truth(), other in truth()) {
            let count = one.len().min(other.len());
            let sets = [&one, &other].map(|truth| {
                let mut rows = Rows::default();
                rows.append(&truth[..count]);
                rows
            });
            let any = Rows::any(&sets, count);
            prop_assert_eq!(any.count(), count);
            let without = sets[0].clone().without(&sets[1]);
            for row in 0..count {
                prop_assert_eq!(any.has(row), sets[0].has(row) || sets[1].has(row));
                prop_assert_eq!(without.has(row), sets[0].has(row) && !sets[1].has(row));
            }
        }
    }
}
