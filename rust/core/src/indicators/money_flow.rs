//! Chaikin's money flow volume, the term of the accumulation/distribution line and of the money flow.

/// `((close - low) - (high - close)) / (high - low) volume`; 0 for a bar without range.
#[inline(always)]
pub(super) fn money_flow([high, low, close, volume]: [f64; 4]) -> f64 {
    let range = high - low;
    let flow = ((close - low) - (high - close)) / range * volume;
    if range > 0.0 { flow } else { 0.0 }
}

/// Bars computed at once, so that divisions run two to the instruction.
const LANES: usize = 4;

/// Writes the money flow volume of every bar; `false` when a value was not finite (or so large that four of them
/// overflow).
pub(super) fn money_flows(bars: [&[f64]; 4], flows: &mut [f64]) -> bool {
    let (blocks, rest) = flows.as_chunks_mut::<LANES>();
    let inputs: [&[[f64; LANES]]; 4] = bars.map(|column| &column.as_chunks().0[..blocks.len()]);
    let mut probe = [0.0; LANES];
    for (block, flow) in blocks.iter_mut().enumerate() {
        for lane in 0..LANES {
            let bar = inputs.map(|column| column[block][lane]);
            probe[lane] += 0.0 * ((bar[0] + bar[1]) + (bar[2] + bar[3]));
            flow[lane] = money_flow(bar);
        }
    }
    let done = LANES * blocks.len();
    for (at, flow) in rest.iter_mut().enumerate() {
        let bar = bars.map(|column| column[done + at]);
        probe[0] += 0.0 * bar.iter().sum::<f64>();
        *flow = money_flow(bar);
    }
    probe.iter().all(|&x| x == 0.0)
}
