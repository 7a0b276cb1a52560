//! Recursive averages, defined block by block so that whole columns need not wait for row after row.

use crate::keep::kept;

/// How many rows make a block.
pub(super) const AHEAD: usize = 8;

/// Each row's predecessor; `previous` passes from block to block.
#[inline(always)]
pub(super) fn shifted(x: &[f64; AHEAD], previous: &mut f64) -> [f64; AHEAD] {
    let mut before = [*previous; AHEAD];
    before[1..].copy_from_slice(&x[..AHEAD - 1]);
    *previous = x[AHEAD - 1];
    before
}

/// An exponential average, `y += weight (x - y)`, seeded with the mean of its first `period` values.
///
/// It goes by blocks of [`AHEAD`] rows: within one, the average is what is left of its value before the block plus what
/// the rows since have added, so that only one product and one sum of a block wait for the block before. A block that
/// begins where the one before ended counts from there instead of from 0: in a market that stands still the average comes
/// to rest and does not waver in its last digit.
///
/// [`Recursive::push`] computes the block of the rows so far for each row, with the same operations as [`Scan::block`]
/// does for all of its rows at once: the bits are the same.
#[derive(Debug, Clone)]
pub(super) struct Recursive {
    period: usize,
    weight: f64,
    seen: usize,
    sum: f64,
    /// The place of the next row in its block. Every row counts, those of the warm-up too, so that averages which stand
    /// in series have their blocks in common.
    row: usize,
    /// The rows since the block began or the average was seeded.
    rows: [f64; AHEAD],
    count: usize,
    /// The last input and the average before those rows.
    last: f64,
    base: f64,
    value: f64,
}

kept!(Recursive { seen, sum, row, rows, count, last, base, value });

impl Recursive {
    /// The average of TA-Lib's EMA: the new value weighs 2/(period+1).
    pub(super) fn exponential(period: usize) -> Self {
        Self::weighted(period, 2.0 / (period as f64 + 1.0))
    }

    /// Wilder's average: the new value weighs 1/period.
    pub(super) fn wilder(period: usize) -> Self {
        Self::weighted(period, 1.0 / period as f64)
    }

    /// The average of pandas' `ewm(span=period, adjust=False)`: weight 2/(period+1), seeded with the first value.
    pub(super) fn exponential_from_first(period: usize) -> Self {
        Self::weighted(1, 2.0 / (period as f64 + 1.0))
    }

    fn weighted(period: usize, weight: f64) -> Self {
        let (rows, last, base, value) = ([0.0; AHEAD], f64::NAN, f64::NAN, f64::NAN);
        Self { period, weight, seen: 0, sum: 0.0, row: 0, rows, count: 0, last, base, value }
    }

    pub(super) fn period(&self) -> usize {
        self.period
    }

    /// Whether the seed is complete and a block begins with the next row.
    #[inline]
    pub(super) fn at_block(&self) -> bool {
        self.row == 0 && self.seen == self.period
    }

    /// Whether every value so far was finite: what is not never leaves the average again.
    pub(super) fn is_finite(&self) -> bool {
        self.value.is_finite()
    }

    /// Takes a finite value; NaN until `period` values were seen.
    #[inline]
    pub(super) fn push(&mut self, x: f64) -> f64 {
        if self.seen == self.period {
            self.rows[self.count] = x;
            self.value = self.scan().block(&self.rows)[self.count];
            self.count += 1;
        } else {
            self.seen += 1;
            self.sum += x;
            self.last = x;
            if self.seen == self.period {
                self.base = self.sum / self.period as f64;
                self.value = self.base;
            }
        }
        self.turn();
        self.value
    }

    /// Feeds the output of an earlier stage, whose warm-up (NaN) is passed through.
    #[inline]
    pub(super) fn chain(&mut self, x: f64) -> f64 {
        if x.is_nan() {
            self.turn();
            return x;
        }
        self.push(x)
    }

    /// Passes on to the next row and, at a block's end, to the next block.
    #[inline]
    fn turn(&mut self) {
        self.row = (self.row + 1) % AHEAD;
        if self.row == 0 && self.count > 0 {
            (self.last, self.base) = (self.rows[self.count - 1], self.value);
            (self.rows, self.count) = ([0.0; AHEAD], 0);
        }
    }

    /// The blocks from here on; only where [`Recursive::at_block`] is true.
    #[inline]
    pub(super) fn scan(&self) -> Scan {
        let keep = 1.0 - self.weight;
        let mut decay = 1.0;
        let decays = std::array::from_fn(|_| {
            decay *= keep;
            decay
        });
        Scan { weight: self.weight, decays, last: self.last, value: self.base }
    }

    /// Takes over what a [`Scan`] reached.
    #[inline]
    pub(super) fn resume(&mut self, scan: &Scan) {
        (self.last, self.base, self.value) = (scan.last, scan.value, scan.value);
    }

    /// The averages of whole blocks, as many rows of `y` as of `x`; only where [`Recursive::at_block`] is true.
    #[inline(never)]
    pub(super) fn blocks(&mut self, x: &[f64], y: &mut [f64]) {
        let mut scan = self.scan();
        for (x, y) in x.as_chunks().0.iter().zip(y.as_chunks_mut().0) {
            *y = scan.block(x);
        }
        self.resume(&scan);
    }
}

/// A [`Recursive`] on its way through whole blocks.
#[derive(Debug)]
pub(super) struct Scan {
    weight: f64,
    /// What is left of a value after 1, 2, ... rows.
    decays: [f64; AHEAD],
    last: f64,
    value: f64,
}

/// Two rows: what one instruction takes at once.
type Pair = [f64; 2];

/// `x + factors y`.
#[inline(always)]
fn add(x: Pair, factors: Pair, y: f64) -> Pair {
    [x[0] + factors[0] * y, x[1] + factors[1] * y]
}

impl Scan {
    /// The averages of the next block; each depends on the rows up to its own alone.
    #[inline(always)]
    pub(super) fn block(&mut self, x: &[f64; AHEAD]) -> [f64; AHEAD] {
        // A branch, since that is rare: to count from 0 is to leave everything as it is.
        let stands = (x[0] == self.last) & (x[0] != 0.0);
        self.last = x[AHEAD - 1];
        let origin = x[0];
        let (rows, base) = if stands { (x.map(|x| x - origin), self.value - origin) } else { (*x, self.value) };
        let added = self.added(&rows);
        let mut y = [0.0; AHEAD];
        for ((y, decays), added) in y.as_chunks_mut().0.iter_mut().zip(self.decays.as_chunks().0).zip(added) {
            *y = add(added.map(|added| self.weight * added), *decays, base);
        }
        if stands {
            y = y.map(|y| origin + y);
        }
        self.value = y[AHEAD - 1];
        y
    }

    /// What the rows of a block have added up to each of them, in units of the weight: within every two, every four and
    /// all rows.
    #[inline(always)]
    fn added(&self, x: &[f64; AHEAD]) -> [Pair; AHEAD / 2] {
        let [one, two, three, four, ..] = self.decays;
        let [first, second, third, fourth] = std::array::from_fn(|pair| {
            let pair = [x[2 * pair], x[2 * pair + 1]];
            add(pair, [0.0, one], pair[0])
        });
        let second = add(second, [one, two], first[1]);
        let fourth = add(fourth, [one, two], third[1]);
        [first, second, add(third, [one, two], second[1]), add(fourth, [three, four], second[1])]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_make_the_bits_of_single_rows() {
        let moves = (0..40).map(|row| 100.0 + f64::from(row * row % 37));
        let x: Vec<f64> = moves
            .chain([7.0; 12])
            .chain([0.0; 12])
            .chain([0.0, 0.0, 1.0, 2.0, 2.0, 2.0, 2.0, 0.0])
            .chain([0.0; 8])
            .collect();
        for average in [Recursive::exponential(5), Recursive::wilder(14), Recursive::exponential_from_first(1000)] {
            let (mut single, mut block) = (average.clone(), average);
            for x in &x[..16] {
                assert_eq!(single.push(*x).to_bits(), block.push(*x).to_bits());
            }
            let mut y = [0.0; 64];
            assert!(block.at_block());
            block.blocks(&x[16..], &mut y);
            let pushed: Vec<f64> = x[16..].iter().map(|x| single.push(*x)).collect();
            assert_eq!(pushed, y);
        }
    }

    #[test]
    fn where_the_input_stands_still_so_does_the_average() {
        for period in [1, 2, 12, 26, 300] {
            let mut average = Recursive::exponential_from_first(period);
            let inputs = (0..20_000).map(|row| if row < 50 { 0.07 * f64::from(row) } else { 0.1 });
            let values: Vec<f64> = inputs.map(|x| average.push(x)).collect();
            let last = values[values.len() - 1];
            assert!((last - 0.1).abs() < 1e-14 && values[12_000..].iter().all(|value| *value == last), "{period}");
        }
        let mut average = Recursive::exponential_from_first(1_000_000);
        assert!((0..100_000).all(|_| average.push(0.1) == 0.1));
    }

    #[test]
    fn blocks_agree_with_the_recurrence_of_the_textbook() {
        for period in [2, 30, 1000, 100_000] {
            let (mut average, weight) = (Recursive::exponential_from_first(period), 2.0 / (period as f64 + 1.0));
            let mut plain = f64::NAN;
            for row in 0..200_000_u32 {
                let x = 100.0 + f64::from(row.wrapping_mul(2_654_435_769) >> 20) / 1e3;
                plain = if row == 0 { x } else { plain + weight * (x - plain) };
                assert!((average.push(x) / plain - 1.0).abs() < 1e-12, "{period} row {row}");
            }
        }
    }
}
