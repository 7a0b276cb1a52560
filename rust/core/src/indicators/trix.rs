//! TRIX.

use super::batch::{self, Fresh, is_finite};
use super::finite::STRETCH;
use super::recursive::Recursive;
use super::{Indicator, Input, Param, Spec};

pub(super) const SPEC: Spec = Spec {
    name: "trix",
    title: "TRIX: one-bar rate of change, in percent, of a triple exponential average",
    inputs: &[Input::Source],
    params: &[Param::period("period", 30.0)],
    outputs: &["value"],
    make: |p| Ok(Box::new(Trix::new(p[0] as usize))),
};

/// Each of the three averages is seeded with the mean of its first `period` inputs (TA-Lib's convention); 0 after an
/// average of 0. Batch and streaming agree to 1e-12 of the averages: their rate of change is that close to 1e-10
/// percent.
#[derive(Clone)]
struct Trix {
    stages: [Recursive; 3],
    previous: f64,
}

impl Trix {
    fn new(period: usize) -> Self {
        Self { stages: std::array::from_fn(|_| Recursive::exponential(period)), previous: f64::NAN }
    }

    fn push(&mut self, x: f64) -> f64 {
        let now = self.stages.iter_mut().fold(x, |x, stage| stage.chain(x));
        rate_of_change(now, std::mem::replace(&mut self.previous, now))
    }
}

#[inline(always)]
fn rate_of_change(now: f64, before: f64) -> f64 {
    let rate = 100.0 * ((now - before) / before);
    if before == 0.0 { 0.0 } else { rate }
}

/// Parts of a column computed side by side.
const LANES: usize = 4;

/// The three averages of one part, in units that leave one product and one sum to each.
#[derive(Clone, Copy)]
struct Lane([f64; 3]);

impl Lane {
    #[inline(always)]
    fn push(&mut self, x: f64, keep: f64) -> f64 {
        let [first, second, third] = self.0;
        self.0[0] = first * keep + x;
        self.0[1] = second * keep + self.0[0];
        self.0[2] = third * keep + self.0[1];
        rate_of_change(self.0[2], third)
    }
}

/// Computes `out` over `x`, which begins `lead` rows before it, in [`LANES`] parts. The first part starts from
/// `lane`; another one `lead` rows ahead of itself from its first value there, of which nothing is left in the end.
fn side_by_side(lane: Lane, weight: f64, lead: usize, x: &[f64], out: &mut [f64]) {
    let keep = 1.0 - weight;
    let part = out.len() / LANES;
    let mut lanes = [lane; LANES];
    for (place, lane) in lanes.iter_mut().enumerate().skip(1) {
        let start = place * part;
        *lane = Lane([1, 2, 3].map(|stage| x[start] / weight.powi(stage)));
        x[start..start + lead].iter().for_each(|&x| _ = lane.push(x, keep));
    }
    let inputs: [&[f64]; LANES] = std::array::from_fn(|place| &x[lead + place * part..][..part]);
    let (wholes, rest) = out.split_at_mut(LANES * part);
    let mut parts = wholes.chunks_exact_mut(part);
    let outputs: [&mut [f64]; LANES] =
        std::array::from_fn(|_| parts.next().map_or(Default::default(), |y| &mut y[..part]));
    for row in 0..part {
        for place in 0..LANES {
            outputs[place][row] = lanes[place].push(inputs[place][row], keep);
        }
    }
    for (y, &x) in rest.iter_mut().zip(&x[lead + LANES * part..]) {
        *y = lanes[LANES - 1].push(x, keep);
    }
}

impl Fresh for Trix {
    fn fresh(&self) -> Self {
        Self::new(self.stages[0].period())
    }
}

impl Indicator for Trix {
    fn lookback(&self) -> usize {
        3 * (self.stages[0].period() - 1) + 1
    }

    fn update(&mut self, row: &[f64], out: &mut [f64]) {
        out[0] = if row[0].is_finite() { self.push(row[0]) } else { f64::NAN };
    }

    fn reset(&mut self) {
        *self = self.fresh();
    }

    fn batch(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        batch::run(self, columns, out, |mut fresh: Self, [x]: [&[f64]; 1], [out]: &mut [&mut [f64]; 1]| {
            let period = self.stages[0].period();
            let lead = 25 * (period + 1); // exp(-50) of a value is left after so many rows
            let streamed = if x.len() > 8 * lead + STRETCH { self.lookback() + lead } else { x.len() };
            let (start, wide) = out.split_at_mut(streamed);
            start.iter_mut().zip(x).for_each(|(y, &x)| *y = fresh.push(x));
            if !wide.is_empty() {
                let weight = 2.0 / (period as f64 + 1.0);
                let scaled = |stage: usize| fresh.stages[stage].value() / weight.powi(stage as i32 + 1);
                side_by_side(Lane([scaled(0), scaled(1), scaled(2)]), weight, lead, &x[streamed - lead..], wide);
            }
            x.chunks(STRETCH).all(is_finite)
        });
    }
}
