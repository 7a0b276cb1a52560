//! Covariance and variances of two series over a window, for whole columns.

use super::extremes::{greater, lesser};
use super::sums::{padded, total};

/// Below this share of the greatest second moment of a chunk, too many digits of a variance are lost.
const CANCELLED: f64 = 1.0 / 4096.0;

/// Rows taken at once: so few that the sums of both series stay in registers.
const LANES: usize = 4;

/// Blocks after which the anchors move to the means.
const ANCHORED: usize = 8;

type Block = [f64; LANES];

/// The sums over a window of two series' deviations from their anchors.
struct Sliding {
    share: f64,
    count: f64,
    anchor: [f64; 2],
    first: [f64; 2],
    second: [f64; 2],
    cross: f64,
    /// The greatest sum of squares about the anchor and the least about the mean, of each series.
    most: [Block; 2],
    least: [Block; 2],
}

impl Sliding {
    /// The sums over the first window, about the means.
    fn new(window: [&[f64]; 2]) -> Self {
        let count = window[0].len() as f64;
        let anchor = window.map(|x| total(x) / count);
        let (mut first, mut second, mut cross) = ([0.0; 2], [0.0; 2], 0.0);
        for (x, y) in window[0].iter().zip(window[1]) {
            let (x, y) = (x - anchor[0], y - anchor[1]);
            first = [first[0] + x, first[1] + y];
            second = [second[0] + x * x, second[1] + y * y];
            cross += x * y;
        }
        let [most, least] = [second.map(|second| [second; LANES]); 2];
        Self { share: 1.0 / count, count, anchor, first, second, cross, most, least }
    }

    /// The next windows' sums about the means: of products, of the first series' squares and of the second's.
    #[inline(always)]
    fn step(&mut self, entering: [&Block; 2], leaving: [&Block; 2]) -> [Block; 3] {
        let entered: [Block; 2] = std::array::from_fn(|s| entering[s].map(|x| x - self.anchor[s]));
        let left: [Block; 2] = std::array::from_fn(|s| leaving[s].map(|x| x - self.anchor[s]));
        let changes: [Block; 2] =
            std::array::from_fn(|s| std::array::from_fn(|row| entering[s][row] - leaving[s][row]));
        let crossed = std::array::from_fn(|row| changes[0][row] * entered[1][row] + left[0][row] * changes[1][row]);
        let crosses = prefix(crossed).map(|change| self.cross + change);
        self.cross = crosses[LANES - 1];
        let (x, spread_x) = self.moments(0, changes[0], entered[0], left[0]);
        let (y, spread_y) = self.moments(1, changes[1], entered[1], left[1]);
        let common = std::array::from_fn(|row| crosses[row] - x[row] * y[row] * self.share);
        [common, spread_x, spread_y]
    }

    /// The next sums of one series' deviations from its anchor, and of their squares about the means.
    #[inline(always)]
    fn moments(&mut self, s: usize, changes: Block, entered: Block, left: Block) -> (Block, Block) {
        let firsts = prefix(changes).map(|change| self.first[s] + change);
        let squares = std::array::from_fn(|row| changes[row] * (entered[row] + left[row]));
        let seconds = prefix(squares).map(|change| self.second[s] + change);
        let spreads: Block = std::array::from_fn(|row| seconds[row] - firsts[row] * firsts[row] * self.share);
        self.most[s] = std::array::from_fn(|row| greater(self.most[s][row], seconds[row]));
        self.least[s] = std::array::from_fn(|row| lesser(self.least[s][row], spreads[row]));
        (self.first[s], self.second[s]) = (firsts[LANES - 1], seconds[LANES - 1]);
        (firsts, spreads)
    }

    /// Moves the anchors to the means: the sums stay small, and what they round away with them.
    fn anchor_at_means(&mut self) {
        let moved = self.first.map(|first| first * self.share);
        self.cross -= moved[0] * self.first[1] + moved[1] * self.first[0] - self.count * moved[0] * moved[1];
        for (s, moved) in moved.into_iter().enumerate() {
            self.second[s] -= moved * (2.0 * self.first[s] - self.count * moved);
            self.first[s] -= self.count * moved;
            self.anchor[s] += moved;
        }
    }

    fn is_exact(&self) -> bool {
        let exact = |(most, least): (&Block, &Block)| {
            let most = most.iter().copied().fold(0.0, f64::max);
            least.iter().all(|&least| least > 0.0 && least >= most * CANCELLED)
        };
        self.most.iter().zip(&self.least).all(exact) && (self.cross + self.second[0] + self.second[1]).is_finite()
    }
}

/// Running totals of a block, from its first row on.
#[inline(always)]
fn prefix([a, b, c, d]: Block) -> Block {
    let (b, d) = (b + a, d + c);
    [a, b, c + b, d + b]
}

/// What `finish` makes of the sums of products and of squares about the means over each window of `period` rows; the
/// series are longer than `out` by `period` - 1. Answers whether no variance is so small beside the sums that its digits
/// are lost.
pub(super) fn sliding_comoments(
    series: [&[f64]; 2],
    period: usize,
    out: &mut [f64],
    finish: impl Fn(f64, f64, f64) -> f64,
) -> bool {
    let mut sliding = Sliding::new(series.map(|x| &x[..period]));
    out[0] = finish(sliding.cross, sliding.second[0], sliding.second[1]);
    let rows = out.len() - 1;
    let entering = series.map(|x| x[period..].as_chunks::<LANES>());
    let leaving = series.map(|x| x[..rows].as_chunks::<LANES>());
    let (blocks, last) = out[1..].as_chunks_mut::<LANES>();
    for (block, y) in blocks.iter_mut().enumerate() {
        let sums = sliding.step(entering.map(|x| &x.0[block]), leaving.map(|x| &x.0[block]));
        *y = std::array::from_fn(|row| finish(sums[0][row], sums[1][row], sums[2][row]));
        if block % ANCHORED == ANCHORED - 1 {
            sliding.anchor_at_means();
        }
    }
    let (entered, left) = (entering.map(|x| padded(x.1)), leaving.map(|x| padded(x.1)));
    let sums = sliding.step([&entered[0], &entered[1]], [&left[0], &left[1]]);
    for (row, y) in last.iter_mut().enumerate() {
        *y = finish(sums[0][row], sums[1][row], sums[2][row]);
    }
    sliding.is_exact()
}
