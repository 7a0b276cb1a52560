//! Random numbers from a seed: the same in every run and on every machine.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A stream of random numbers; the same seed gives the same stream.
#[derive(Debug, Clone)]
pub(crate) struct Random(Xoshiro256PlusPlus);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// From 0 to below 1, of 53 bits.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Whether something of this probability happens.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Exponentially distributed, by the inverse of its distribution.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    /// A standard normal number (Box and Muller, 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }

    /// A whole number from 0 on, geometric, of this mean.
    pub(crate) fn geometric(&mut self, mean: f64) -> i64 {
        if mean <= 0.0 {
            return 0;
        }
        ((1.0 - self.uniform()).ln() / (mean / (1.0 + mean)).ln()) as i64
    }

    /// A whole number below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.0.next_u64()) * count as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_have_their_means() {
        let mut random = Random::new(1);
        let mean = |draw: &mut dyn FnMut() -> f64| (0..100_000).map(|_| draw()).sum::<f64>() / 100_000.0;
        assert!((mean(&mut || random.uniform()) - 0.5).abs() < 0.01);
        let mut random = Random::new(2);
        assert!((mean(&mut || random.exponential(3.0)) - 3.0).abs() < 0.05);
        assert!((mean(&mut || random.geometric(2.5) as f64) - 2.5).abs() < 0.05);
        assert!((mean(&mut || random.below(5) as f64) - 2.0).abs() < 0.03);
        assert_eq!(random.geometric(0.0), 0);
        let (mut random, mut squares) = (Random::new(3), 0.0);
        assert!(mean(&mut || random.normal()).abs() < 0.01);
        (0..100_000).for_each(|_| squares += random.normal().powi(2));
        assert!((squares / 100_000.0 - 1.0).abs() < 0.02);
    }
}
