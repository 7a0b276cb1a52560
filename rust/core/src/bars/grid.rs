//! The decimal grid that a column of prices or quantities lies on.

/// The powers of ten that a double holds exactly and that any venue's grid needs.
const POWERS: [f64; 19] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

/// Whole numbers of grid steps stay below this.
const MAX_WHOLE: f64 = 1e13;

/// The most decimal places that [`decimal_places`] can find.
pub const MAX_DECIMAL_PLACES: u32 = POWERS.len() as u32 - 1;

/// The fewest decimal places with which every value can be written, or None where some value needs more than `most`
/// (capped at [`MAX_DECIMAL_PLACES`]) or is not finite.
///
/// A value fits `d` places when it is a whole number of `10^-d`, give or take what recorded doubles are off by after
/// another program's parsing or sums (4 units of the 16th digit), and when that number has at most 13 digits: with more
/// every double would fit.
#[must_use]
pub fn decimal_places(values: &[f64], most: u32) -> Option<u32> {
    let most = most.min(MAX_DECIMAL_PLACES) as usize;
    let mut places = 0;
    for &value in values {
        while !fits(value, POWERS[places]) {
            if places == most {
                return None;
            }
            places += 1;
        }
    }
    u32::try_from(places).ok()
}

fn fits(value: f64, power: f64) -> bool {
    let whole = (value * power).round();
    // Not finite is no less than the bound, and what differs from NaN by NaN is not within it.
    whole.abs() < MAX_WHOLE && (whole / power - value).abs() <= 4.0 * f64::EPSILON * value.abs()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_the_finest_value() {
        assert_eq!(decimal_places(&[], 12), Some(0));
        assert_eq!(decimal_places(&[46319.0, 46377.0], 12), Some(0));
        assert_eq!(decimal_places(&[0.1, 46377.5, 0.25], 12), Some(2));
        assert_eq!(decimal_places(&[1e-8, 5.0], 12), Some(8));
        assert_eq!(decimal_places(&[0.1 + 0.2, 0.0016200000000000001, 218102.59507500002], 12), Some(6));
        assert_eq!(decimal_places(&[1.0 / 3.0], 12), None);
        assert_eq!(decimal_places(&[30_000.0 * 2f64.sqrt(), 1.0], 18), None);
        assert_eq!(decimal_places(&[1e14], 12), None);
        assert_eq!(decimal_places(&[1.0, f64::NAN], 99), None);
        assert_eq!(decimal_places(&[f64::INFINITY, 1.0, 0.5], 12), None);
    }

    proptest! {
        /// Printing a grid value with the places found and reading it back gives the value.
        #[test]
        fn agrees_with_printing(whole in prop::collection::vec(-1_000_000_000i64..1_000_000_000, 1..50), places in 0usize..9) {
            let values: Vec<f64> = whole
                .iter()
                .map(|whole| format!("{whole}e-{places}").parse().unwrap())
                .collect();
            let found = decimal_places(&values, 12).unwrap() as usize;
            prop_assert!(found <= places);
            for value in values {
                let read: f64 = format!("{value:.found$}").parse().unwrap();
                prop_assert!((read - value).abs() <= 1e-15 * value.abs());
            }
        }
    }
}
