//! Sets of rows, one bit each.

/// Rows of a run, 64 a word.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rows {
    words: Vec<u64>,
    /// How many rows there are, in the set or not.
    count: usize,
}

impl Rows {
    /// The rows at which a column has 1, not 0.
    pub(crate) fn of(column: &[u8]) -> Self {
        let (blocks, rest) = column.as_chunks::<64>();
        let mut words = Vec::with_capacity(blocks.len() + 1);
        words.extend(blocks.iter().map(word));
        if !rest.is_empty() {
            let mut last = [0; 64];
            last[..rest.len()].copy_from_slice(rest);
            words.push(word(&last));
        }
        Self { words, count: column.len() }
    }

    /// The rows that are in any of some sets, of `count` rows each.
    pub(crate) fn any<'a>(sets: impl IntoIterator<Item = &'a Self>, count: usize) -> Self {
        let mut words = vec![0; count.div_ceil(64)];
        for set in sets {
            for (all, one) in words.iter_mut().zip(&set.words) {
                *all |= one;
            }
        }
        Self { words, count }
    }

    /// Whether a row is in the set.
    #[inline]
    pub(crate) fn has(&self, row: usize) -> bool {
        self.words[row / 64] >> (row % 64) & 1 != 0
    }

    /// The first row of the set from `row` on; the count of rows when there is none.
    #[inline]
    pub(crate) fn next(&self, row: usize) -> usize {
        let mut place = row / 64;
        let Some(first) = self.words.get(place) else { return self.count };
        let mut word = first & (u64::MAX << (row % 64));
        while word == 0 {
            place += 1;
            let Some(&next) = self.words.get(place) else { return self.count };
            word = next;
        }
        64 * place + word.trailing_zeros() as usize
    }
}

/// 64 bytes of 0 or 1 as the bits of a word.
#[inline]
fn word(bytes: &[u8; 64]) -> u64 {
    // One multiplication brings the lowest bits of eight bytes, none of them onto another, to the uppermost byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (eights, _) = bytes.as_chunks::<8>();
    eights.iter().rev().fold(0, |word, eight| (word << 8) | (u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_set_is_what_its_column_says(column in proptest::collection::vec(0..2_u8, 0..300), sparse in any::<bool>(), row in 0..300_usize) {
            let column: Vec<u8> = column.iter().enumerate().map(|(row, &one)| if sparse && row % 97 != 0 { 0 } else { one }).collect();
            let (rows, count) = (Rows::of(&column), column.len());
            for (row, &one) in column.iter().enumerate() {
                prop_assert_eq!(rows.has(row), one == 1);
            }
            let next = (row..count).find(|&row| column[row] == 1).unwrap_or(count);
            prop_assert_eq!(rows.next(row), next);
            let inverse = Rows::of(&column.iter().map(|one| 1 - one).collect::<Vec<_>>());
            prop_assert_eq!(Rows::any([&rows, &inverse], count), Rows::of(&vec![1; count]));
        }
    }
}
