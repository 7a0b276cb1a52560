//! Batch evaluation: the program over whole columns, a block of rows at a time.

use super::frames::{EvaluateError, Maps, UNKNOWN, check, made};
use super::graph::{Field, Id, Op};
use super::kernel::{State, append_where, apply, clock};
use super::program::{Kind, Loop, Program, is_register};
use super::rows::Rows;
use crate::bars::Bars;
use crate::indicators::{Indicator, SERIES_MAX};

/// How many rows a loop takes at once: a dozen registers of them stay in the nearest cache. Tests want many blocks.
const BLOCK: usize = if cfg!(test) { 16 } else { 512 };

/// What a rule comes to, one element a bar.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// The bars on which the condition fires: it holds, and is not undefined.
    Bool(Rows),
    /// The number, NaN where it is undefined.
    Number(Vec<f64>),
}

impl Program {
    /// Evaluates every rule on every bar of the scope's instrument; `given` are the bars of the scope's instruments, in
    /// its order.
    ///
    /// # Errors
    /// Bars that do not fit the program or each other.
    pub fn evaluate(&self, given: &[Bars<'_>]) -> Result<Vec<Column>, EvaluateError> {
        check(self, given)?;
        let made = made(self, given)?;
        let frames = self.graph.frames.iter().zip(&made);
        let views: Vec<Bars<'_>> =
            frames.map(|(frame, made)| made.as_ref().map_or(given[frame.instrument], |made| made.view())).collect();
        let maps = Maps::new(&self.graph, &views, given, self.base_ns);
        let mut batch = Batch::new(self, views, maps);
        for block_loop in &self.plan.loops {
            batch.run(block_loop);
        }
        Ok(batch.finish())
    }
}

struct Batch<'a> {
    program: &'a Program,
    /// The bars of each frame.
    views: Vec<Bars<'a>>,
    maps: Maps,
    /// Whole columns of the values that another frame reads.
    columns: Vec<Vec<f64>>,
    /// A block of each constant.
    constants: Vec<Vec<f64>>,
    outputs: Vec<Column>,
    /// The rows on which each of [`super::program::Plan::opposed`] is defined.
    defined: Vec<Rows>,
}

/// Where a loop stands.
struct Block<'a> {
    start: usize,
    length: usize,
    /// The registers that are computed so far.
    done: &'a [f64],
}

/// What a value remembers from block to block.
enum Memory {
    Operator(State),
    Indicator(Box<dyn Indicator>),
}

impl Memory {
    fn of(program: &Program, id: Id) -> Self {
        let op = program.graph.values[id].op;
        if let Op::Indicator(call, _) = op {
            let call = &program.graph.calls[call];
            // The parameters passed `build` when the call was lowered.
            if let Ok(indicator) = call.spec.build(&call.params) {
                return Self::Indicator(indicator);
            }
        }
        Self::Operator(State::of(op))
    }
}

impl<'a> Batch<'a> {
    fn new(program: &'a Program, views: Vec<Bars<'a>>, maps: Maps) -> Self {
        let rows = views[0].ts.len();
        let values = &program.graph.values;
        let constants =
            (0..values.len()).map(|id| program.graph.as_constant(id).map_or(Vec::new(), |x| vec![x; BLOCK]));
        let roots = program.roots.iter().zip(&program.plan.opposite);
        let outputs = roots.map(|(&(id, kind), opposite)| match (kind, is_register(values[id].op)) {
            (Kind::Bool, _) if opposite.is_some() => Column::Bool(Rows::default()),
            (Kind::Bool, _) => Column::Bool(Rows::with_capacity(rows)),
            (Kind::Number, true) => Column::Number(vec![0.0; rows]),
            // A column of the bars, or a constant, is copied at the end.
            (Kind::Number, false) => Column::Number(Vec::new()),
        });
        let (constants, outputs) = (constants.collect(), outputs.collect());
        let defined = program.plan.opposed.iter().map(|_| Rows::with_capacity(rows)).collect();
        Self { program, views, maps, columns: vec![Vec::new(); values.len()], constants, outputs, defined }
    }

    fn rows(&self, frame: usize) -> usize {
        self.views[frame].ts.len()
    }

    /// A value's whole column, where it has one.
    fn column(&self, id: Id) -> &[f64] {
        let value = self.program.graph.values[id];
        let bars = &self.views[value.frame];
        match value.op {
            Op::Column(Field::Open) => bars.open,
            Op::Column(Field::High) => bars.high,
            Op::Column(Field::Low) => bars.low,
            Op::Column(Field::Close) => bars.close,
            Op::Column(Field::Volume) => bars.volume,
            _ => &self.columns[id],
        }
    }

    /// A constant as a column; empty for others.
    fn filled(&self, id: Id, rows: usize) -> Vec<f64> {
        self.program.graph.as_constant(id).map_or(Vec::new(), |value| vec![value; rows])
    }

    fn run(&mut self, block_loop: &Loop) {
        let rows = self.rows(block_loop.frame);
        let (program, plan) = (self.program, &self.program.plan);
        let mut registers = vec![0.0; block_loop.registers * BLOCK];
        let mut memories: Vec<Memory> = block_loop.values.iter().map(|&id| Memory::of(program, id)).collect();
        let of_frame = |id: &Id| program.graph.values[*id].frame == block_loop.frame;
        let kept: Vec<Id> = (0..plan.kept.len()).filter(|id| plan.kept[*id] && of_frame(id)).collect();
        for &id in &kept {
            self.columns[id] = vec![0.0; rows];
        }
        for start in (0..rows).step_by(BLOCK) {
            let length = BLOCK.min(rows - start);
            for (&id, memory) in block_loop.values.iter().zip(&mut memories) {
                // An indicator fills all of its registers, whichever output is named first.
                let first = if let Op::Indicator(_, output) = program.graph.values[id].op { output } else { 0 };
                let (done, rest) = registers.split_at_mut((plan.register[id] - first) * BLOCK);
                self.step(id, memory, &Block { start, length, done }, rest);
            }
            for &id in &kept {
                let block = &registers[plan.register[id] * BLOCK..][..length];
                self.columns[id][start..start + length].copy_from_slice(block);
            }
            if block_loop.frame == 0 {
                self.emit(start, length, &registers);
            }
        }
    }

    /// Computes one value's block into the first of the registers `rest`, an indicator's outputs into as many.
    fn step(&self, id: Id, memory: &mut Memory, block: &Block<'_>, rest: &mut [f64]) {
        let value = self.program.graph.values[id];
        let rows = block.start..block.start + block.length;
        match (value.op, memory) {
            (Op::Indicator(call, _), Memory::Indicator(indicator)) => {
                self.extend(call, indicator.as_mut(), block, rest);
            }
            (Op::Align, _) => {
                let from = self.program.graph.values[value.args[0]].frame;
                let source = self.column(value.args[0]);
                for (out, &row) in rest.iter_mut().zip(&self.maps.get(value.frame, from)[rows]) {
                    *out = if row == UNKNOWN { f64::NAN } else { source[row as usize] };
                }
            }
            (op, Memory::Operator(state)) if op.arity() > 0 => {
                let [left, right] = value.args.map(|arg| self.operand(arg, block));
                apply(op, state, left, right, &mut rest[..block.length]);
            }
            (op, _) => {
                let span_ns = self.program.graph.frames[value.frame].span_ns;
                clock(op, &self.views[value.frame].ts[rows], span_ns, &mut rest[..block.length]);
            }
        }
    }

    fn extend(&self, call: usize, indicator: &mut dyn Indicator, block: &Block<'_>, rest: &mut [f64]) {
        let call = &self.program.graph.calls[call];
        let mut inputs: [&[f64]; SERIES_MAX] = [&[]; SERIES_MAX];
        for (input, &id) in inputs.iter_mut().zip(&call.inputs) {
            *input = self.operand(id, block);
        }
        let mut registers = rest.chunks_mut(BLOCK);
        let mut outputs: [&mut [f64]; SERIES_MAX] = std::array::from_fn(|_| {
            registers.next().map_or(Default::default(), |register| &mut register[..block.length])
        });
        indicator.extend(&inputs[..call.inputs.len()], &mut outputs[..call.spec.outputs.len()]);
    }

    fn operand<'b>(&'b self, id: Id, block: &Block<'b>) -> &'b [f64] {
        match self.program.graph.values[id].op {
            Op::Constant(_) => &self.constants[id][..block.length],
            Op::Column(_) => &self.column(id)[block.start..block.start + block.length],
            _ => &block.done[self.program.plan.register[id] * BLOCK..][..block.length],
        }
    }

    /// Writes the rules whose value the registers of the first frame hold.
    fn emit(&mut self, start: usize, length: usize, registers: &[f64]) {
        let mut outputs = std::mem::take(&mut self.outputs);
        let mut defined = std::mem::take(&mut self.defined);
        let (program, block) = (self.program, Block { start, length, done: registers });
        for (&id, defined) in program.plan.opposed.iter().zip(&mut defined) {
            let operand = self.operand(id, &block);
            defined.append_where(operand, operand, |value, _| !value.is_nan());
        }
        let roots = program.roots.iter().zip(&program.plan.opposite).zip(&mut outputs);
        for ((&(id, _), opposite), output) in roots {
            let value = program.graph.values[id];
            if !is_register(value.op) || opposite.is_some() {
                continue;
            }
            match output {
                Column::Bool(fires) if program.plan.bare[id] => {
                    let [left, right] = value.args.map(|arg| self.operand(arg, &block));
                    append_where(value.op, left, right, fires);
                }
                Column::Bool(fires) => fires.append(self.operand(id, &block)),
                Column::Number(numbers) => numbers[start..start + length].copy_from_slice(self.operand(id, &block)),
            }
        }
        (self.outputs, self.defined) = (outputs, defined);
    }

    /// The rows of a rule that holds where the one at `opposite` does not and both of its values are defined.
    fn opposing(&self, id: Id, opposite: &Column) -> Rows {
        let Column::Bool(opposite) = opposite else { unreachable!("a comparison is a condition") };
        let known = &self.program.plan.opposed;
        let defined = |arg| known.binary_search(&arg).map_or(opposite, |place| &self.defined[place]);
        Rows::all_without(self.program.graph.values[id].args.map(defined), opposite)
    }

    /// The outputs, those of the bars' columns and of constants and the opposites of others filled in.
    fn finish(mut self) -> Vec<Column> {
        let rows = self.rows(0);
        let mut outputs = std::mem::take(&mut self.outputs);
        for (place, &(id, _)) in self.program.roots.iter().enumerate() {
            if let Some(opposite) = self.program.plan.opposite[place] {
                outputs[place] = Column::Bool(self.opposing(id, &outputs[opposite]));
            }
        }
        for (&(id, _), output) in self.program.roots.iter().zip(&mut outputs) {
            if is_register(self.program.graph.values[id].op) {
                continue;
            }
            let constant = self.filled(id, rows);
            let column = if constant.is_empty() { self.column(id) } else { &constant };
            match output {
                Column::Bool(fires) => fires.append(column),
                Column::Number(numbers) => *numbers = column.to_vec(),
            }
        }
        outputs
    }
}
