//! The run by calendar month, UTC.

use serde::Serialize;

use super::sample::{DAY_NS, DailyCloses};
use super::{TradeColumns, ratio};

/// One calendar month that the run touches; the first and the last may be partial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Month {
    /// Gregorian year.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// The month's last equity over the one before the month, less one.
    pub value: f64,
    /// Trades that closed in the month.
    pub trades: usize,
    /// Their profit after fees and funding.
    pub net_pnl: f64,
}

pub(super) fn months(start_equity: f64, daily: &DailyCloses, trades: &TradeColumns<'_>) -> Vec<Month> {
    let mut table: Vec<Month> = Vec::new();
    let mut before = start_equity;
    let mut last = start_equity;
    let mut of_day = Vec::with_capacity(daily.equity.len());
    for (day, &close) in (daily.first_day..).zip(&daily.equity) {
        let (year, month) = year_and_month(day);
        if table.last().is_none_or(|m| (m.year, m.month) != (year, month)) {
            before = last;
            table.push(Month { year, month, value: 0.0, trades: 0, net_pnl: 0.0 });
        }
        let index = table.len() - 1;
        // Equity that was gone before the month began has no return.
        table[index].value = if before > 0.0 { ratio(close, before) - 1.0 } else { f64::NAN };
        of_day.push(index);
        last = close;
    }
    let Some(last_day) = of_day.len().checked_sub(1) else {
        return table;
    };
    for (&exit, &net) in trades.exit_ts.iter().zip(trades.net_pnl) {
        let day = (exit.div_euclid(DAY_NS) - daily.first_day).max(0);
        let month = &mut table[of_day[usize::try_from(day).unwrap_or(0).min(last_day)]];
        month.trades += 1;
        month.net_pnl += net;
    }
    table
}

/// Gregorian year and month of a count of days since 1970-01-01 (Hinnant, "chrono-compatible low-level date
/// algorithms": years begin in March, so that the leap day comes last).
fn year_and_month(day: i64) -> (i64, u8) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_the_gregorian_calendar() {
        // Counted by hand with the rule of 400 years, day by day.
        let (mut year, mut month, mut of_month) = (1970, 1_u8, 1);
        for day in 0..200_000 {
            assert_eq!(year_and_month(day), (year, month), "day {day}");
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + i32::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            of_month += 1;
            if of_month > length {
                of_month = 1;
                month += 1;
            }
            if month > 12 {
                month = 1;
                year += 1;
            }
        }
        assert_eq!(year_and_month(-1), (1969, 12));
    }
}
