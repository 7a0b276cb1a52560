//! The values that rules need, each once: a hash-consed graph that lowering fills.

use std::collections::HashMap;

use super::kernel::{State, apply};
use crate::indicators::Spec;

/// A value's place in [`Graph::values`]; arguments come before those who use them.
pub(super) type Id = usize;

/// What makes a value out of its arguments, row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Op {
    /// The bits of an `f64`.
    Constant(u64),
    Column(Field),
    /// The bar's opening time, seconds since 1970.
    Opened,
    /// The close's time of day, seconds since midnight.
    TimeOfDay,
    /// Whether the close's time of day lies in a session.
    Session(u32, u32),
    /// Whether the close's weekday is one of a set.
    Weekday(u8),
    Neg,
    Not,
    Abs,
    Log,
    Sqrt,
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    Gt,
    Ge,
    Lt,
    Le,
    Eq,
    Ne,
    And,
    Or,
    Lag(u32),
    Within(u32),
    Rising(u32),
    Falling(u32),
    /// An output of a call.
    Indicator(usize, usize),
    /// The value of another frame as it is known at this frame's bar.
    Align,
}

/// A stored column of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Field {
    Open,
    High,
    Low,
    Close,
    Volume,
}

/// A row source: the bars of one instrument in one timeframe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Frame {
    /// The instrument's place in the scope.
    pub(super) instrument: usize,
    /// The interval of a bar, ns.
    pub(super) span_ns: i64,
}

/// One value for each bar of its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Value {
    pub(super) op: Op,
    /// Its place in [`Graph::frames`]; 0 for a constant.
    pub(super) frame: usize,
    /// As many as the operator takes, from the front; the rest repeat the first.
    pub(super) args: [Id; 2],
}

/// An indicator with its parameters and inputs.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) spec: &'static Spec,
    pub(super) params: Vec<f64>,
    /// One value for each of the indicator's inputs.
    pub(super) inputs: Vec<Id>,
    pub(super) frame: usize,
    pub(super) lookback: usize,
}

impl Call {
    fn bits(&self) -> impl Iterator<Item = u64> {
        self.params.iter().map(|value| value.to_bits())
    }

    fn is_same(&self, other: &Self) -> bool {
        self.spec.name == other.spec.name
            && self.bits().eq(other.bits())
            && (&self.inputs, self.frame) == (&other.inputs, other.frame)
    }
}

impl Op {
    pub(super) const fn arity(self) -> usize {
        use Op as O;
        match self {
            O::Constant(_) | O::Column(_) | O::Opened | O::TimeOfDay | O::Session(..) | O::Weekday(_) => 0,
            O::Indicator(..) => 0,
            O::Neg | O::Not | O::Abs | O::Log | O::Sqrt => 1,
            O::Lag(_) | O::Within(_) | O::Rising(_) | O::Falling(_) | O::Align => 1,
            _ => 2,
        }
    }

    /// Of a comparison, the one that holds where it does not, if both sides are defined.
    pub(super) const fn opposite(self) -> Option<Self> {
        Some(match self {
            Self::Gt => Self::Le,
            Self::Le => Self::Gt,
            Self::Ge => Self::Lt,
            Self::Lt => Self::Ge,
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            _ => return None,
        })
    }

    /// Whether the result depends on the arguments of the same row alone.
    const fn is_pure(self) -> bool {
        let stateful =
            matches!(self, Self::Lag(_) | Self::Within(_) | Self::Rising(_) | Self::Falling(_) | Self::Align);
        self.arity() > 0 && !stateful
    }
}

#[derive(Clone, Default)]
pub(super) struct Graph {
    pub(super) frames: Vec<Frame>,
    pub(super) values: Vec<Value>,
    pub(super) calls: Vec<Call>,
    index: HashMap<Value, Id>,
}

impl Graph {
    pub(super) fn frame(&mut self, frame: Frame) -> usize {
        self.frames.iter().position(|known| *known == frame).unwrap_or_else(|| {
            self.frames.push(frame);
            self.frames.len() - 1
        })
    }

    pub(super) fn constant(&mut self, value: f64) -> Id {
        self.insert(Value { op: Op::Constant(value.to_bits()), frame: 0, args: [0, 0] })
    }

    pub(super) fn as_constant(&self, id: Id) -> Option<f64> {
        if let Op::Constant(bits) = self.values.get(id)?.op { Some(f64::from_bits(bits)) } else { None }
    }

    /// The value of that operator over those arguments, computed here and now where they are constants.
    pub(super) fn value(&mut self, op: Op, frame: usize, args: &[Id]) -> Id {
        let first = args.first().copied().unwrap_or(0);
        let args = [first, args.get(1).copied().unwrap_or(first)];
        if let (true, Some(left), Some(right)) = (op.is_pure(), self.as_constant(args[0]), self.as_constant(args[1])) {
            let mut out = [0.0];
            apply(op, &mut State::None, &[left], &[right], &mut out);
            return self.constant(out[0]);
        }
        self.insert(Value { op, frame, args })
    }

    pub(super) fn call(&mut self, call: Call, output: usize) -> Id {
        let place = self.calls.iter().position(|known| known.is_same(&call)).unwrap_or(self.calls.len());
        let frame = call.frame;
        if place == self.calls.len() {
            self.calls.push(call);
        }
        self.insert(Value { op: Op::Indicator(place, output), frame, args: [0, 0] })
    }

    fn insert(&mut self, value: Value) -> Id {
        let fresh = self.values.len();
        let id = *self.index.entry(value).or_insert(fresh);
        if id == fresh {
            self.values.push(value);
        }
        id
    }

    /// What a value needs before it.
    pub(super) fn needs(&self, id: Id) -> &[Id] {
        let value = &self.values[id];
        match value.op {
            Op::Indicator(call, _) => &self.calls[call].inputs,
            op => &value.args[..op.arity()],
        }
    }

    /// The graph of what the roots need alone, and the roots in it.
    pub(super) fn pruned(&self, roots: &[Id]) -> (Self, Vec<Id>) {
        let mut live = vec![false; self.values.len()];
        for &root in roots {
            live[root] = true;
        }
        for id in (0..self.values.len()).rev() {
            if live[id] {
                for &needed in self.needs(id) {
                    live[needed] = true;
                }
            }
        }
        let mut kept = Self::default();
        kept.frame(self.frames[0]);
        let mut moved = vec![0; self.values.len()];
        for id in (0..live.len()).filter(|&id| live[id]) {
            let value = self.values[id];
            let frame = kept.frame(self.frames[value.frame]);
            moved[id] = match value.op {
                Op::Indicator(call, output) => {
                    let call = self.calls[call].clone();
                    let inputs = call.inputs.iter().map(|&input| moved[input]).collect();
                    kept.call(Call { inputs, frame, ..call }, output)
                }
                op if op.arity() == 0 => kept.insert(Value { frame, ..value }),
                op => kept.insert(Value { op, frame, args: value.args.map(|arg| moved[arg]) }),
            };
        }
        let roots = roots.iter().map(|&root| moved[root]).collect();
        (kept, roots)
    }
}
