//! A self-exciting point process of several kinds of events (Hawkes 1971), simulated by thinning (Ogata 1981).
//!
//! The intensity of kind i at time t is `base_i + sum over earlier events (t_k, j_k) of branching_(i, j_k) decay
//! exp(-decay (t - t_k))`: an event of kind j has on average `branching_ij` children of kind i. With one decay for all
//! pairs the sum is one number a kind, which only shrinks between events, so that the intensity now bounds all later ones.

use crate::random::Random;

/// The process and where it is.
#[derive(Debug, Clone)]
pub(super) struct Hawkes<const N: usize> {
    base: [f64; N],
    /// By how much an event of kind j (second index) raises the intensity of kind i.
    jump: [[f64; N]; N],
    decay: f64,
    excess: [f64; N],
}

impl<const N: usize> Hawkes<N> {
    /// A process whose long-run rates are `rates`, a second, and whose intensities fall by e in `1 / decay` seconds.
    ///
    /// In the long run `rates = base + branching rates`, which gives the base; it must not be negative.
    pub(super) fn new(rates: [f64; N], branching: [[f64; N]; N], decay: f64) -> Self {
        let bred = |kind: usize| (0..N).map(|parent| branching[kind][parent] * rates[parent]).sum::<f64>();
        let base: [f64; N] = std::array::from_fn(|kind| rates[kind] - bred(kind));
        debug_assert!(base.iter().all(|base| *base >= 0.0));
        // It starts as it is on average.
        let excess = std::array::from_fn(bred);
        Self { base, jump: branching.map(|row| row.map(|children| children * decay)), decay, excess }
    }

    /// The seconds to the next event, and its kind.
    pub(super) fn next(&mut self, random: &mut Random) -> (f64, usize) {
        let mut waited = 0.0;
        loop {
            let bound: f64 = self.base.iter().sum::<f64>() + self.excess.iter().sum::<f64>();
            let wait = random.exponential(1.0 / bound);
            waited += wait;
            let shrunk = (-self.decay * wait).exp();
            self.excess.iter_mut().for_each(|excess| *excess *= shrunk);
            let mut draw = random.uniform() * bound;
            for kind in 0..N {
                draw -= self.base[kind] + self.excess[kind];
                if draw < 0.0 {
                    for (child, excess) in self.excess.iter_mut().enumerate() {
                        *excess += self.jump[child][kind];
                    }
                    return (waited, kind);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_asked_for_and_events_come_in_clusters() {
        let (mut process, mut random) = (Hawkes::new([4.0, 9.0], [[0.5, 0.1], [0.2, 0.4]], 5.0), Random::new(3));
        let (mut seconds, mut counts, mut busy) = (0.0, [0.0; 2], vec![0_u32; 100_000]);
        while seconds < 100_000.0 {
            let (wait, kind) = process.next(&mut random);
            seconds += wait;
            counts[kind] += 1.0;
            if let Some(second) = busy.get_mut(seconds as usize) {
                *second += 1;
            }
        }
        assert!((counts[0] / seconds - 4.0).abs() < 0.1, "{counts:?}");
        assert!((counts[1] / seconds - 9.0).abs() < 0.2, "{counts:?}");
        let mean = 13.0;
        let variance = busy.iter().map(|count| (f64::from(*count) - mean).powi(2)).sum::<f64>() / 100_000.0;
        assert!(variance / mean > 2.0, "a Poisson process has 1, this {}", variance / mean);
    }
}
