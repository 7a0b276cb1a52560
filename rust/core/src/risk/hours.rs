//! When new risk may be taken: windows of the week, UTC.

use serde::{Deserialize, Serialize};

const MINUTE_NS: i64 = 60_000_000_000;
const DAY_MINUTES: i64 = 1440;

/// A part of some days of the week. One that ends before it begins lasts over midnight and belongs to the day on which it
/// begins; one that ends when it begins lasts a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The days as bits, Monday the lowest.
    pub days: u8,
    /// The first minute of the day, 0 to 1439.
    pub from: u16,
    /// The minute at which it is over, 0 to 1440.
    pub until: u16,
}

impl Window {
    /// What is out of range, if anything is.
    pub(super) fn check(self) -> Result<(), String> {
        let sound = (1..128).contains(&self.days) && self.from < 1440 && self.until <= 1440;
        if sound { Ok(()) } else { Err(format!("days {:#b}, minutes {} to {}", self.days, self.from, self.until)) }
    }

    /// Whether a time lies within.
    #[must_use]
    pub fn holds(self, now: i64) -> bool {
        let minutes = now.div_euclid(MINUTE_NS);
        // 1 January 1970 was a Thursday.
        let (day, minute) = ((minutes.div_euclid(DAY_MINUTES) + 3).rem_euclid(7), minutes.rem_euclid(DAY_MINUTES));
        let (from, until) = (i64::from(self.from), i64::from(self.until));
        let on = |day: i64| self.days >> day & 1 == 1;
        if from < until {
            return on(day) && (from..until).contains(&minute);
        }
        (on(day) && minute >= from) || (on((day + 6) % 7) && minute < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday, 5 January 1970.
    const MONDAY: i64 = 4 * DAY_MINUTES;

    fn open(window: Window, minutes: i64) -> bool {
        window.holds((MONDAY + minutes) * MINUTE_NS)
    }

    #[test]
    fn a_window_holds_its_first_minute_and_not_its_last() {
        let window = Window { days: 0b1_1111, from: 8 * 60, until: 20 * 60 };
        let at = |day: i64, hour: i64, minute: i64| open(window, day * DAY_MINUTES + hour * 60 + minute);
        assert_eq!([at(0, 7, 59), at(0, 8, 0), at(4, 19, 59), at(4, 20, 0)], [false, true, true, false]);
        assert_eq!([at(5, 12, 0), at(6, 12, 0), at(7, 12, 0)], [false, false, true]);
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        let sunday_night = Window { days: 0b100_0000, from: 22 * 60, until: 6 * 60 };
        let at = |day: i64, hour: i64| open(sunday_night, day * DAY_MINUTES + hour * 60);
        assert_eq!([at(6, 21), at(6, 22), at(7, 5), at(7, 6), at(8, 5)], [false, true, true, false, false]);
        let whole = Window { days: 1, from: 0, until: 1440 };
        assert!(open(whole, 0) && open(whole, DAY_MINUTES - 1) && !open(whole, DAY_MINUTES));
    }

    #[test]
    fn what_is_no_part_of_a_day_is_named() {
        assert_eq!(Window { days: 0, from: 0, until: 60 }.check().unwrap_err(), "days 0b0, minutes 0 to 60");
        assert!(Window { days: 1, from: 1440, until: 0 }.check().is_err());
        assert!(Window { days: 1, from: 0, until: 1440 }.check().is_ok());
    }
}
