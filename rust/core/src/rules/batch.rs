//! Batch evaluation: the program over whole columns, a block of rows at a time.

use super::frames::{EvaluateError, Maps, UNKNOWN, check, made};
use super::graph::{Field, Id, Op};
use super::kernel::{State, apply, clock};
use super::program::{Kind, Loop, Program, is_register};
use crate::bars::Bars;

/// How many rows a loop takes at once: a dozen registers of them stay in the nearest cache. Tests want many blocks.
const BLOCK: usize = if cfg!(test) { 16 } else { 1_024 };

/// What a rule comes to, one element a bar.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// 1 where the condition fires; 0 where it does not hold or is undefined.
    Bool(Vec<u8>),
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
        for stage in 0..self.plan.loops.len() {
            for &call in &self.plan.calls[stage] {
                batch.call(call);
            }
            for block_loop in &self.plan.loops[stage] {
                batch.run(block_loop, stage);
            }
        }
        Ok(batch.finish())
    }
}

struct Batch<'a> {
    program: &'a Program,
    /// The bars of each frame.
    views: Vec<Bars<'a>>,
    maps: Maps,
    /// Whole columns of values: of indicators, and of registers that are kept.
    columns: Vec<Vec<f64>>,
    /// A block of each constant.
    constants: Vec<Vec<f64>>,
    outputs: Vec<Column>,
}

/// Where a loop stands.
struct Block<'a> {
    stage: usize,
    start: usize,
    length: usize,
    /// The registers that are computed so far.
    done: &'a [f64],
}

impl<'a> Batch<'a> {
    fn new(program: &'a Program, views: Vec<Bars<'a>>, maps: Maps) -> Self {
        let rows = views[0].ts.len();
        let values = &program.graph.values;
        let constants =
            (0..values.len()).map(|id| program.graph.as_constant(id).map_or(Vec::new(), |x| vec![x; BLOCK]));
        let outputs = program.roots.iter().map(|&(id, kind)| match (kind, is_register(values[id].op)) {
            (Kind::Bool, _) => Column::Bool(vec![0; rows]),
            (Kind::Number, true) => Column::Number(vec![0.0; rows]),
            // A column that is there already is copied or moved at the end.
            (Kind::Number, false) => Column::Number(Vec::new()),
        });
        let (constants, outputs) = (constants.collect(), outputs.collect());
        Self { program, views, maps, columns: vec![Vec::new(); values.len()], constants, outputs }
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

    /// Computes an indicator's outputs, and keeps those that are used.
    fn call(&mut self, place: usize) {
        let graph = &self.program.graph;
        let call = &graph.calls[place];
        let rows = self.rows(call.frame);
        let mut outputs: Vec<Vec<f64>> = call.spec.outputs.iter().map(|_| vec![0.0; rows]).collect();
        let filled: Vec<Vec<f64>> = call.inputs.iter().map(|&id| self.filled(id, rows)).collect();
        let inputs: Vec<&[f64]> = call
            .inputs
            .iter()
            .zip(&filled)
            .map(|(&id, filled)| if filled.is_empty() { self.column(id) } else { filled.as_slice() })
            .collect();
        let mut slots: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
        // The parameters passed `build` when the call was lowered.
        if let Ok(indicator) = call.spec.build(&call.params) {
            indicator.batch(&inputs, &mut slots);
        }
        for (id, value) in graph.values.iter().enumerate() {
            if let Op::Indicator(of, output) = value.op {
                if of == place {
                    self.columns[id] = std::mem::take(&mut outputs[output]);
                }
            }
        }
    }

    /// A constant as a column; empty for others.
    fn filled(&self, id: Id, rows: usize) -> Vec<f64> {
        self.program.graph.as_constant(id).map_or(Vec::new(), |value| vec![value; rows])
    }

    fn run(&mut self, block_loop: &Loop, stage: usize) {
        let rows = self.rows(block_loop.frame);
        let program = self.program;
        let values = &program.graph.values;
        let mut registers = vec![0.0; block_loop.values.len() * BLOCK];
        let mut states: Vec<State> = block_loop.values.iter().map(|&id| State::of(values[id].op)).collect();
        for &id in block_loop.values.iter().filter(|&&id| program.plan.kept[id]) {
            self.columns[id] = vec![0.0; rows];
        }
        for start in (0..rows).step_by(BLOCK) {
            let length = BLOCK.min(rows - start);
            for (register, (&id, state)) in block_loop.values.iter().zip(&mut states).enumerate() {
                let (done, rest) = registers.split_at_mut(register * BLOCK);
                let out = &mut rest[..length];
                self.step(id, state, &Block { stage, start, length, done }, out);
                if program.plan.kept[id] {
                    self.columns[id][start..start + length].copy_from_slice(out);
                }
            }
            if block_loop.frame == 0 {
                self.emit(stage, start, length, &registers);
            }
        }
    }

    /// Computes one value's block.
    fn step(&self, id: Id, state: &mut State, block: &Block<'_>, out: &mut [f64]) {
        let value = self.program.graph.values[id];
        let rows = block.start..block.start + block.length;
        if value.op == Op::Align {
            let from = self.program.graph.values[value.args[0]].frame;
            let source = self.column(value.args[0]);
            for (out, &row) in out.iter_mut().zip(&self.maps.get(value.frame, from)[rows]) {
                *out = if row == UNKNOWN { f64::NAN } else { source[row as usize] };
            }
        } else if value.op.arity() == 0 {
            clock(value.op, &self.views[value.frame].ts[rows], self.program.graph.frames[value.frame].span_ns, out);
        } else {
            let [left, right] = value.args.map(|arg| self.operand(arg, block));
            apply(value.op, state, left, right, out);
        }
    }

    fn operand<'b>(&'b self, id: Id, block: &Block<'b>) -> &'b [f64] {
        let (op, plan) = (self.program.graph.values[id].op, &self.program.plan);
        if let Op::Constant(_) = op {
            return &self.constants[id][..block.length];
        }
        if is_register(op) && plan.stage[id] == block.stage {
            return &block.done[plan.register[id] * BLOCK..][..block.length];
        }
        &self.column(id)[block.start..block.start + block.length]
    }

    /// Writes the rules whose value the registers of this stage and the first frame hold.
    fn emit(&mut self, stage: usize, start: usize, length: usize, registers: &[f64]) {
        let (program, plan) = (self.program, &self.program.plan);
        for (&(id, _), output) in program.roots.iter().zip(&mut self.outputs) {
            let value = program.graph.values[id];
            if !is_register(value.op) || plan.stage[id] != stage {
                continue;
            }
            let block = &registers[plan.register[id] * BLOCK..][..length];
            match output {
                Column::Bool(fires) => set_fires(&mut fires[start..start + length], block),
                Column::Number(numbers) => numbers[start..start + length].copy_from_slice(block),
            }
        }
    }

    /// The outputs, those of whole columns and constants filled in.
    fn finish(mut self) -> Vec<Column> {
        let rows = self.rows(0);
        let mut outputs = std::mem::take(&mut self.outputs);
        for (&(id, _), output) in self.program.roots.iter().zip(&mut outputs) {
            if is_register(self.program.graph.values[id].op) {
                continue;
            }
            let constant = self.filled(id, rows);
            let column = if constant.is_empty() { self.column(id) } else { &constant };
            match output {
                Column::Bool(fires) => set_fires(fires, column),
                Column::Number(numbers) => *numbers = column.to_vec(),
            }
        }
        outputs
    }
}

fn set_fires(fires: &mut [u8], truth: &[f64]) {
    for (fires, &truth) in fires.iter_mut().zip(truth) {
        *fires = u8::from(truth == 1.0);
    }
}
