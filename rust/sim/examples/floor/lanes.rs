//! Many EMA crossings over the same closes, sixteen at a time: what the machine can do for a sweep, with no engine in it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::fused::{CASH, FEE, FillAt};

/// So many pairs go through the closes together: their means do not wait for one another.
const LANES: usize = 16;

/// A pair of periods and the first bar on whose close it decides.
#[derive(Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) fast: i64,
    pub(crate) slow: i64,
    pub(crate) first: usize,
}

/// The equity at the end and the number of orders.
pub(crate) type End = (f64, u64);

/// Every pair's end, in their order, on some threads.
pub(crate) fn run(opens: &[f64], closes: &[f64], pairs: &[Pair], fill_at: FillAt, threads: usize) -> Vec<End> {
    let groups: Vec<&[Pair]> = pairs.chunks(LANES).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let group = next.fetch_add(1, Ordering::Relaxed);
            let Some(pairs) = groups.get(group) else { return found };
            let ends = match fill_at {
                FillAt::Close => pass::<false>(opens, closes, pairs),
                FillAt::NextOpen => pass::<true>(opens, closes, pairs),
            };
            found.push((group, ends));
        }
    };
    let mut ends: Vec<(usize, Vec<End>)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no thread panics")).collect()
    });
    ends.sort_by_key(|(group, _)| *group);
    ends.into_iter().flat_map(|(_, ends)| ends).collect()
}

fn pass<const AT_OPEN: bool>(opens: &[f64], closes: &[f64], pairs: &[Pair]) -> Vec<End> {
    let of = |lane: usize| pairs.get(lane).copied().unwrap_or(pairs[0]);
    let alpha = |period: i64| 2.0 / (period as f64 + 1.0);
    let fast_alpha: [f64; LANES] = std::array::from_fn(|lane| alpha(of(lane).fast));
    let slow_alpha: [f64; LANES] = std::array::from_fn(|lane| alpha(of(lane).slow));
    let (mut fast, mut slow) = ([closes[0]; LANES], [closes[0]; LANES]);
    let (mut cash, mut held, mut orders) = ([CASH; LANES], [0.0; LANES], [0_u64; LANES]);
    // One bit a lane: what is held, and what was decided on the last close.
    let (mut long, mut decided) = (0_u32, 0_u32);
    let last_first = (0..LANES).map(|lane| of(lane).first).max().unwrap_or(0);
    for (bar, (&open, &close)) in opens.iter().zip(closes).enumerate() {
        let mut above = 0;
        for lane in 0..LANES {
            fast[lane] += fast_alpha[lane] * (close - fast[lane]);
            slow[lane] += slow_alpha[lane] * (close - slow[lane]);
            above |= u32::from(fast[lane] > slow[lane]) << lane;
        }
        if bar < last_first {
            above &= (0..LANES).fold(0, |known, lane| known | u32::from(bar >= of(lane).first) << lane);
        }
        let (wanted, price) = if AT_OPEN { (decided, open) } else { (above, close) };
        let mut changed = wanted ^ long;
        while changed != 0 {
            let lane = changed.trailing_zeros() as usize;
            changed &= changed - 1;
            if wanted >> lane & 1 == 1 {
                held[lane] = cash[lane] / (price * (1.0 + FEE));
                cash[lane] = 0.0;
            } else {
                cash[lane] = held[lane] * price * (1.0 - FEE);
                held[lane] = 0.0;
            }
            orders[lane] += 1;
        }
        (long, decided) = (wanted, above);
    }
    let last = closes[closes.len() - 1];
    (0..pairs.len()).map(|lane| (cash[lane] + held[lane] * last, orders[lane])).collect()
}
