//! The least, the greatest and the sum of a column in one pass.

/// NaN is passed over by the ends and kept by the sum.
pub(super) struct Range {
    /// Positive infinity where there is no value.
    pub(super) least: f64,
    /// Negative infinity where there is no value.
    pub(super) greatest: f64,
    /// Finite where every value is.
    pub(super) sum: f64,
}

impl Range {
    /// In eight lanes that the compiler keeps in vector registers.
    pub(super) fn of(values: &[f64]) -> Self {
        let (mut least, mut greatest, mut sum) = ([f64::INFINITY; 8], [f64::NEG_INFINITY; 8], [0.0; 8]);
        let (whole, rest) = values.as_chunks::<8>();
        let mut take = |lane: usize, value: f64| {
            least[lane] = if value < least[lane] { value } else { least[lane] };
            greatest[lane] = if value > greatest[lane] { value } else { greatest[lane] };
            sum[lane] += value;
        };
        for chunk in whole {
            for (lane, &value) in chunk.iter().enumerate() {
                take(lane, value);
            }
        }
        for (lane, &value) in rest.iter().enumerate() {
            take(lane, value);
        }
        Self {
            least: least.into_iter().fold(f64::INFINITY, f64::min),
            greatest: greatest.into_iter().fold(f64::NEG_INFINITY, f64::max),
            sum: sum.iter().sum(),
        }
    }
}
