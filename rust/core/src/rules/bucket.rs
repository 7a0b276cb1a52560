//! Higher bars made one base bar at a time: what `bars::resample` makes of columns, in fixed memory.

use crate::bars::{Bar, bucket_start};
use crate::keep::kept;

/// Collects the base bars of one higher bar.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    span_ns: i64,
    current: Option<Bar>,
    /// The current bar is the very first, and its beginning is missing.
    is_partial: bool,
    is_fresh: bool,
}

kept!(Bucket { current, is_partial, is_fresh });

impl Bucket {
    pub(super) const fn new(span_ns: i64) -> Self {
        Self { span_ns, current: None, is_partial: false, is_fresh: true }
    }

    /// Whether a bar from `ts` to `close` (ns) lies within one higher bar.
    pub(super) fn fits(&self, ts: i64, close: i64) -> bool {
        let end = bucket_start(ts, self.span_ns).and_then(|start| start.checked_add(self.span_ns));
        end.is_some_and(|end| close <= end)
    }

    /// Takes a base bar that fits, which closes at `close` ns, and hands over the higher bars that it closes: one that a
    /// gap left open, one that it completes.
    pub(super) fn take(&mut self, bar: &Bar, close: i64, mut closed: impl FnMut(Bar)) {
        let Some(start) = bucket_start(bar.ts, self.span_ns) else { return };
        if self.current.is_some_and(|current| current.ts != start) {
            self.finish(&mut closed);
        }
        match &mut self.current {
            Some(current) => {
                current.high = current.high.max(bar.high);
                current.low = current.low.min(bar.low);
                current.close = bar.close;
                current.volume += bar.volume;
            }
            None => {
                self.current = Some(Bar { ts: start, ..*bar });
                self.is_partial = self.is_fresh && bar.ts != start;
                self.is_fresh = false;
            }
        }
        if close == start.saturating_add(self.span_ns) {
            self.finish(&mut closed);
        }
    }

    fn finish(&mut self, closed: &mut impl FnMut(Bar)) {
        let whole = self.current.take().filter(|_| !self.is_partial);
        self.is_partial = false;
        if let Some(bar) = whole {
            closed(bar);
        }
    }
}
