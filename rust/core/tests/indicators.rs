//! What holds of every entry of the indicator catalogue.

use tradenode_core::indicators::{CATALOG, Indicator, Input, SERIES_MAX, Spec};
use tradenode_core::keep::Kept;

/// The price level of the generated rows: the scale of the tolerance.
const LEVEL: f64 = 100.0;

/// A seeded random walk of bars; times are minutes.
fn bars(rows: usize, seed: u64) -> Vec<[f64; 7]> {
    let mut state = seed.wrapping_mul(2_654_435_769).wrapping_add(1);
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut close = LEVEL;
    let mut bars = Vec::with_capacity(rows);
    for row in 0..rows {
        let open = close;
        close = (close * (1.0 + 0.02 * (uniform() - 0.5)) * 100.0).round() / 100.0;
        let high = open.max(close) + (10.0 * uniform()).round() / 100.0;
        let low = open.min(close) - (10.0 * uniform()).round() / 100.0;
        bars.push([
            open,
            high,
            low,
            close,
            1.0 + 9.0 * uniform(),
            1.7e9 + 60.0 * row as f64,
            LEVEL * (1.0 + uniform()),
        ]);
    }
    bars
}

fn column(bars: &[[f64; 7]], input: Input) -> Vec<f64> {
    let field = match input {
        Input::Open => 0,
        Input::High => 1,
        Input::Low => 2,
        Input::Source | Input::Close => 3,
        Input::Volume => 4,
        Input::Time => 5,
        Input::Other => 6,
    };
    bars.iter().map(|bar| bar[field]).collect()
}

fn columns(spec: &Spec, bars: &[[f64; 7]]) -> Vec<Vec<f64>> {
    spec.inputs.iter().map(|&input| column(bars, input)).collect()
}

fn batch(spec: &Spec, indicator: &dyn Indicator, columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let inputs: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let mut out = vec![vec![12_345.0; inputs[0].len()]; spec.outputs.len()];
    let mut targets: Vec<&mut [f64]> = out.iter_mut().map(Vec::as_mut_slice).collect();
    indicator.batch(&inputs, &mut targets);
    out
}

fn stream(spec: &Spec, indicator: &mut dyn Indicator, columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let rows = columns[0].len();
    let mut out = vec![vec![12_345.0; rows]; spec.outputs.len()];
    for row in 0..rows {
        let values: Vec<f64> = columns.iter().map(|column| column[row]).collect();
        let mut results = vec![12_345.0; spec.outputs.len()];
        indicator.update(&values, &mut results);
        for (column, result) in out.iter_mut().zip(results) {
            column[row] = result;
        }
    }
    out
}

/// The defaults, the least of everything, and some in between; those that do not go together are left out.
fn parameter_sets(spec: &Spec) -> Vec<Vec<f64>> {
    let defaults: Vec<f64> = spec.params.iter().map(|param| param.default).collect();
    assert!(spec.build(&defaults).is_ok(), "{}: the defaults build", spec.name);
    let mut sets = vec![defaults.clone(), spec.params.iter().map(|param| param.min).collect()];
    for (step, scale) in [(1.0, 2.0), (3.0, 0.5), (0.0, 7.0), (0.0, 11.0)] {
        let value = |(place, param): (usize, &f64)| (param * scale).floor() + step * place as f64;
        let set: Vec<f64> = defaults.iter().enumerate().map(value).collect();
        let clamped = set.iter().zip(spec.params).map(|(x, param)| x.clamp(param.min, param.max)).collect();
        sets.push(clamped);
    }
    sets.retain(|set| spec.build(set).is_ok());
    sets
}

fn assert_close(spec: &Spec, params: &[f64], left: &[Vec<f64>], right: &[Vec<f64>], tolerance: f64) {
    for (output, (left, right)) in left.iter().zip(right).enumerate() {
        for (row, (&a, &b)) in left.iter().zip(right).enumerate() {
            let close = (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * a.abs().max(LEVEL) || a == b;
            let (name, output) = (spec.name, spec.outputs[output]);
            assert!(close, "{name}{params:?}.{output} row {row}: {a} and {b}");
        }
    }
}

#[test]
fn names_are_unique_and_in_snake_case() {
    for (place, spec) in CATALOG.iter().enumerate() {
        assert!(spec.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{}", spec.name);
        assert!(CATALOG[..place].iter().all(|other| other.name != spec.name), "{} twice", spec.name);
        assert!(!spec.outputs.is_empty() && !spec.inputs.is_empty() && !spec.title.is_empty(), "{}", spec.name);
    }
}

/// Batch forms that sum in another order than the streaming definition, to 1e-12; all others agree to the bit.
const SUMMED_IN_ANOTHER_ORDER: &[&str] = &[
    "sma",
    "wma",
    "hma",
    "kama",
    "vwma",
    "vwap_rolling",
    "stddev",
    "bollinger",
    "stochastic_fast",
    "stochastic",
    "stochastic_rsi",
    "correlation",
    "cmf",
];

#[test]
fn batch_agrees_with_streaming() {
    for spec in CATALOG {
        for params in parameter_sets(spec) {
            for rows in [0, 1, 2, 3, 7, 50, 211, 900] {
                let columns = columns(spec, &bars(rows, 7 + rows as u64));
                let mut indicator = spec.build(&params).unwrap();
                let streamed = stream(spec, indicator.as_mut(), &columns);
                let tolerance = if SUMMED_IN_ANOTHER_ORDER.contains(&spec.name) { 1e-12 } else { 0.0 };
                assert_close(spec, &params, &batch(spec, indicator.as_ref(), &columns), &streamed, tolerance);
            }
        }
    }
}

/// Rounding does not build up over many chunks of rows.
#[test]
fn long_batches_agree_with_streaming() {
    for spec in CATALOG.iter().filter(|spec| SUMMED_IN_ANOTHER_ORDER.contains(&spec.name)) {
        for params in parameter_sets(spec) {
            let columns = columns(spec, &bars(20_000, 5));
            let mut indicator = spec.build(&params).unwrap();
            let streamed = stream(spec, indicator.as_mut(), &columns);
            assert_close(spec, &params, &batch(spec, indicator.as_ref(), &columns), &streamed, 1e-12);
        }
    }
}

/// Rules and the live node rest on this: whole blocks and single rows make the same bits.
#[test]
fn extending_by_blocks_is_streaming_to_the_bit() {
    let bits = |columns: &[Vec<f64>]| -> Vec<u64> {
        let canonical = |x: &f64| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
        columns.iter().flatten().map(canonical).collect()
    };
    for spec in CATALOG {
        assert!(spec.inputs.len() <= SERIES_MAX && spec.outputs.len() <= SERIES_MAX, "{}", spec.name);
        let mut columns = columns(spec, &bars(300, 11));
        columns[0][170] = f64::NAN;
        for params in parameter_sets(spec) {
            let streamed = stream(spec, &mut *spec.build(&params).unwrap(), &columns);
            let (mut indicator, mut out) = (spec.build(&params).unwrap(), vec![Vec::new(); spec.outputs.len()]);
            let mut start = 0;
            for length in [1, 7, 64, 0, 100, 128] {
                let rows = start..start + length;
                let inputs: Vec<&[f64]> = columns.iter().map(|column| &column[rows.clone()]).collect();
                let mut blocks = vec![vec![12_345.0; length]; spec.outputs.len()];
                let mut targets: Vec<&mut [f64]> = blocks.iter_mut().map(Vec::as_mut_slice).collect();
                indicator.extend(&inputs, &mut targets);
                out.iter_mut().zip(blocks).for_each(|(column, block)| column.extend(block));
                start = rows.end;
            }
            assert_eq!((start, bits(&out)), (300, bits(&streamed)), "{} {params:?}", spec.name);
        }
    }
}

#[test]
fn the_lookback_counts_the_leading_nans() {
    for spec in CATALOG.iter().filter(|spec| spec.name != "vwap_anchored") {
        for params in parameter_sets(spec) {
            let indicator = spec.build(&params).unwrap();
            let out = batch(spec, indicator.as_ref(), &columns(spec, &bars(900, 3)));
            for (values, output) in out.iter().zip(spec.outputs) {
                let leading = values.iter().take_while(|x| x.is_nan()).count();
                assert_eq!(leading, indicator.lookback().min(900), "{}{params:?}.{output}", spec.name);
            }
        }
    }
}

#[test]
fn reset_forgets_everything() {
    for spec in CATALOG {
        for params in parameter_sets(spec) {
            let mut indicator = spec.build(&params).unwrap();
            let columns = columns(spec, &bars(300, 5));
            let first = stream(spec, indicator.as_mut(), &columns);
            indicator.reset();
            assert_close(spec, &params, &stream(spec, indicator.as_mut(), &columns), &first, 0.0);
        }
    }
}

#[test]
fn what_is_put_back_goes_on_to_the_bit() {
    for spec in CATALOG {
        for params in parameter_sets(spec) {
            let mut one = spec.build(&params).unwrap();
            let mut other = spec.build(&params).unwrap();
            for (row, bar) in bars(200, 5).iter().enumerate() {
                if row % 7 == 5 {
                    let mut fresh = spec.build(&params).unwrap();
                    assert!(Kept::of(other.as_mut()).put_back(fresh.as_mut()), "{} {params:?}", spec.name);
                    other = fresh;
                }
                let inputs: Vec<f64> = columns(spec, &[*bar]).concat();
                let mut outputs = [vec![0.0; spec.outputs.len()], vec![0.0; spec.outputs.len()]];
                one.update(&inputs, &mut outputs[0]);
                other.update(&inputs, &mut outputs[1]);
                let [one, other] = outputs.map(|out| out.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
                assert_eq!(one, other, "{} {params:?} row {row}", spec.name);
            }
        }
    }
}

#[test]
fn rows_that_are_not_finite_are_nan_and_change_nothing() {
    for spec in CATALOG {
        for params in parameter_sets(spec) {
            let clean = columns(spec, &bars(400, 11));
            let holes = [0, 1, 2, 30, 31, 100, 255, 399];
            let mut dirty = clean.clone();
            for (place, &row) in holes.iter().enumerate() {
                let input = place % dirty.len();
                dirty[input][row] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][place % 3];
            }
            let kept = |column: &Vec<f64>| -> Vec<f64> {
                let rows = column.iter().enumerate().filter(|(row, _)| !holes.contains(row));
                rows.map(|(_, &x)| x).collect()
            };
            let mut indicator = spec.build(&params).unwrap();
            let streamed = stream(spec, indicator.as_mut(), &dirty);
            assert_close(spec, &params, &batch(spec, indicator.as_ref(), &dirty), &streamed, 1e-12);
            assert!(streamed.iter().all(|column| holes.iter().all(|&row| column[row].is_nan())), "{}", spec.name);
            indicator.reset();
            let without = stream(spec, indicator.as_mut(), &clean.iter().map(kept).collect::<Vec<_>>());
            assert_close(spec, &params, &streamed.iter().map(kept).collect::<Vec<_>>(), &without, 0.0);
        }
    }
}

#[test]
fn degenerate_columns_have_a_defined_result() {
    let rows = 500;
    for spec in CATALOG {
        for params in parameter_sets(spec) {
            for value in [0.0, 1.0, -3.5, 1e-300, 1e300, f64::MAX, f64::NAN, f64::INFINITY] {
                let columns = vec![vec![value; rows]; spec.inputs.len()];
                let mut indicator = spec.build(&params).unwrap();
                let out = batch(spec, indicator.as_ref(), &columns);
                let streamed = stream(spec, indicator.as_mut(), &columns);
                assert!(out.iter().flatten().chain(streamed.iter().flatten()).all(|&x| x != 12_345.0), "{}", spec.name);
                if value.is_finite() && value.abs() < 10.0 {
                    assert_close(spec, &params, &out, &streamed, 1e-12);
                } else if !value.is_finite() {
                    assert!(out.iter().flatten().all(|x| x.is_nan()), "{}", spec.name);
                }
            }
        }
    }
}

#[test]
fn a_window_longer_than_the_column_gives_nan_alone() {
    for spec in CATALOG.iter().filter(|spec| spec.params.iter().any(|param| param.integer)) {
        let most = spec.params.iter().enumerate().map(|(place, param)| {
            let last = place as f64 - spec.params.len() as f64;
            if param.integer { (param.max + last).max(param.default) } else { param.default }
        });
        let params: Vec<f64> = most.collect();
        let Ok(indicator) = spec.build(&params) else { continue };
        let out = batch(spec, indicator.as_ref(), &columns(spec, &bars(100, 1)));
        assert!(indicator.lookback() > 100 && out.iter().flatten().all(|x| x.is_nan()), "{}", spec.name);
    }
}

#[test]
fn parameters_out_of_range_are_refused_by_name() {
    for spec in CATALOG {
        let defaults: Vec<f64> = spec.params.iter().map(|param| param.default).collect();
        for (place, param) in spec.params.iter().enumerate() {
            for wrong in [param.min - 1.0, param.max + 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                let mut params = defaults.clone();
                params[place] = wrong;
                let error = spec.build(&params).err().unwrap_or_else(|| panic!("{} takes {wrong}", spec.name));
                let message = error.to_string();
                assert!(message.starts_with(spec.name) && message.contains(param.name), "{message}");
            }
        }
    }
}

#[test]
fn precision_holds_over_a_million_rows_at_a_price_of_a_million() {
    let rows = bars(1_000_000, 42);
    let closes: Vec<f64> = rows.iter().map(|bar| (1e6 + (bar[3] - LEVEL) * 50.0).max(1.0)).collect();
    for (name, period) in [("sma", 30), ("wma", 30), ("stddev", 20)] {
        let spec = tradenode_core::indicators::find(name).unwrap();
        let mut indicator = spec.build(&[period as f64]).unwrap();
        let columns = vec![closes.clone()];
        for out in [batch(spec, indicator.as_ref(), &columns), stream(spec, indicator.as_mut(), &columns)] {
            for row in (period - 1..closes.len()).step_by(997) {
                let window = &closes[row + 1 - period..=row];
                let expected = exact(name, window);
                let error = (out[0][row] - expected).abs() / expected.max(1.0);
                assert!(error < 1e-12, "{name} row {row}: {} not {expected}", out[0][row]);
            }
        }
    }
}

/// A spike of 1e9 that enters and leaves the windows, a plateau, then small moves again.
#[test]
fn nothing_remains_of_a_spike_once_it_has_left() {
    let closes: Vec<f64> = (0..4000_u32)
        .map(|row| match row {
            500 | 1700 => 1e9,
            2000..2500 => 100.25,
            _ => LEVEL + f64::from(row % 7) * 0.01,
        })
        .collect();
    for name in ["sma", "wma", "stddev"] {
        let spec = tradenode_core::indicators::find(name).unwrap();
        let mut indicator = spec.build(&[20.0]).unwrap();
        let columns = vec![closes.clone()];
        for out in [batch(spec, indicator.as_ref(), &columns), stream(spec, indicator.as_mut(), &columns)] {
            // WMA renews its sums once a turn: the spike may linger for one more period.
            let after = if name == "wma" { 40 } else { 20 };
            for row in (19..closes.len())
                .filter(|row| !(500..500 + after).contains(row) && !(1700..1700 + after).contains(row))
            {
                let expected = exact(name, &closes[row - 19..=row]);
                let error = (out[0][row] - expected).abs();
                assert!(error < 1e-10, "{name} row {row}: {} not {expected}", out[0][row]);
            }
        }
    }
}

/// Quiet rows after a burst of volume, then none at all: the sums must not keep anything of the burst.
#[test]
fn a_burst_of_volume_leaves_nothing_behind() {
    let volume = |row: usize| match row {
        700..703 => 1e12 + 0.1,
        900.. => 0.0,
        _ => 0.001 * (1 + row % 5) as f64,
    };
    let bars: Vec<[f64; 7]> =
        bars(1200, 9).iter().enumerate().map(|(row, b)| [b[0], b[1], b[2], b[3], volume(row), b[5], b[6]]).collect();
    for name in ["vwma", "vwap_rolling"] {
        let spec = tradenode_core::indicators::find(name).unwrap();
        let mut indicator = spec.build(&[20.0]).unwrap();
        let columns = columns(spec, &bars);
        for out in [batch(spec, indicator.as_ref(), &columns), stream(spec, indicator.as_mut(), &columns)] {
            for (row, value) in out[0].iter().enumerate().skip(19) {
                let rows = row - 19..=row;
                let price =
                    |r: usize| if name == "vwma" { bars[r][3] } else { (bars[r][1] + bars[r][2] + bars[r][3]) / 3.0 };
                let weight: f64 = rows.clone().map(volume).sum();
                let expected = rows.map(|r| price(r) * volume(r)).sum::<f64>() / weight;
                let close = (value - expected).abs() < 1e-10 || (weight == 0.0 && value.is_nan());
                assert!(close, "{name} row {row}: {value} not {expected}");
            }
        }
    }
}

/// The definition over one window, around its first value, so that little is rounded away.
fn exact(name: &str, window: &[f64]) -> f64 {
    let (base, period) = (window[0], window.len() as f64);
    let mean = window.iter().map(|x| x - base).sum::<f64>() / period;
    match name {
        "sma" => base + mean,
        "wma" => {
            let weighted = window.iter().zip(1..).map(|(x, weight)| f64::from(weight) * (x - base)).sum::<f64>();
            base + weighted / (period * (period + 1.0) / 2.0)
        }
        _ => (window.iter().map(|x| (x - base - mean).powi(2)).sum::<f64>() / period).sqrt(),
    }
}
