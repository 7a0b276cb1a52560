//! The least and the greatest of any stretch of a column, from those of its blocks.

use std::ops::Range;

/// Rows of a block, and lanes that the compiler keeps in vector registers.
const BLOCK: usize = 8;

/// The ends of each whole block of a column without NaN: shared by all who look for those of a stretch of it.
#[derive(Debug, Clone)]
pub struct BlockEnds {
    least: Vec<f64>,
    greatest: Vec<f64>,
}

impl BlockEnds {
    /// Of a column.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let blocks = values.as_chunks::<BLOCK>().0;
        Self {
            least: blocks.iter().map(|block| folded(*block, lesser)).collect(),
            greatest: blocks.iter().map(|block| folded(*block, greater)).collect(),
        }
    }

    /// The least and the greatest on some rows, at least one, of the same column.
    #[inline]
    pub(super) fn within(&self, values: &[f64], rows: Range<usize>) -> (f64, f64) {
        let stretch = &values[rows.clone()];
        let (Some(first), Some(last)) = (stretch.first_chunk(), stretch.last_chunk()) else {
            let ends = |(least, greatest), &value| (lesser(least, value), greater(greatest, value));
            return stretch.iter().fold((f64::INFINITY, f64::NEG_INFINITY), ends);
        };
        // A block at each end, wherever it lies, and the whole ones between.
        let mut least = joined(*first, last, lesser);
        let mut greatest = joined(*first, last, greater);
        let blocks = rows.start.div_ceil(BLOCK)..rows.end / BLOCK;
        take(&mut least, &self.least[blocks.clone()], lesser);
        take(&mut greatest, &self.greatest[blocks], greater);
        (folded(least, lesser), folded(greatest, greater))
    }
}

/// Takes values into lanes.
#[inline]
fn take(lanes: &mut [f64; BLOCK], values: &[f64], pick: impl Fn(f64, f64) -> f64) {
    for chunk in values.as_chunks().0 {
        *lanes = joined(*lanes, chunk, &pick);
    }
    if let Some(last) = values.last_chunk() {
        // The last eight once more rather than what is left over: how many that are nobody can foresee.
        *lanes = joined(*lanes, last, pick);
    } else {
        for (lane, &value) in lanes.iter_mut().zip(values) {
            *lane = pick(*lane, value);
        }
    }
}

#[inline]
fn joined(mut lanes: [f64; BLOCK], values: &[f64; BLOCK], pick: impl Fn(f64, f64) -> f64) -> [f64; BLOCK] {
    for (lane, &value) in lanes.iter_mut().zip(values) {
        *lane = pick(*lane, value);
    }
    lanes
}

/// Without a care for NaN, which no price is.
fn lesser(one: f64, other: f64) -> f64 {
    if other < one { other } else { one }
}

fn greater(one: f64, other: f64) -> f64 {
    if other > one { other } else { one }
}

/// Eight lanes brought together, halves at a time.
fn folded(lanes: [f64; BLOCK], pick: impl Fn(f64, f64) -> f64) -> f64 {
    let four: [f64; 4] = std::array::from_fn(|lane| pick(lanes[lane], lanes[lane + 4]));
    pick(pick(four[0], four[2]), pick(four[1], four[3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_every_stretch_are_those_that_a_scan_finds() {
        let values: Vec<f64> = (0..150_u32).map(|row| f64::from(row.wrapping_mul(2_654_435_769) >> 20)).collect();
        let ends = BlockEnds::of(&values);
        for start in 0..values.len() {
            for end in start + 1..=values.len() {
                let stretch = &values[start..end];
                let least = stretch.iter().copied().fold(f64::INFINITY, f64::min);
                let greatest = stretch.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                assert_eq!(ends.within(&values, start..end), (least, greatest), "{start}..{end}");
            }
        }
    }
}
