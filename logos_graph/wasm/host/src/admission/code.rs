//! Code: the bodies of functions, and the expressions that give constants their values.

use super::features::{self, Feature};
use super::operators;
use super::survey::Survey;
use wasmparser::{BlockType, ConstExpr, FunctionBody, Operator};

/// The size of one function body.
#[derive(Clone, Copy)]
pub struct Body {
    pub bytes: usize,
    pub parameters: u64,
    pub locals: u64,
    /// Places where control flow parts or joins.
    pub branches: u64,
    /// Places besides those where the meter branches: calls, and what is priced by length.
    pub payments: u64,
    /// How many blocks stand inside of one another.
    pub nesting: u64,
}

impl Body {
    /// What the compiler's work grows with: the values that live across branches, and the
    /// branches, of which the meter makes its own.
    pub fn complexity(&self) -> u64 {
        const OF_A_BRANCH: u64 = 8;
        let values = (self.parameters + self.locals).saturating_mul(self.branches);
        values.saturating_add(OF_A_BRANCH * (self.branches + self.payments))
    }
}

impl<'a> Survey<'a> {
    /// Reads an expression that gives a constant its value.
    pub(super) fn add_constant(&mut self, expression: &ConstExpr<'a>) -> wasmparser::Result<()> {
        let mut operators = expression.get_operators_reader();
        while !operators.eof() {
            let offset = operators.original_position();
            let operator = operators.read()?;
            self.operators += 1;
            if let Some(feature) = features::of_constant(&operator) {
                self.foreign.note(feature, || at(&operator, offset));
            }
        }
        Ok(())
    }

    /// Reads a function's body. Types and functions stand before the code in every module.
    pub(super) fn add_body(&mut self, body: &FunctionBody<'a>) -> wasmparser::Result<()> {
        let index = self.bodies.len();
        let mut locals = 0u64;
        for group in body.get_locals_reader()? {
            let (count, kind) = group?;
            locals += u64::from(count);
            self.note_value(kind, "the locals of function body", index);
        }
        let parameters = self
            .body_signature(index)
            .map_or(0, |function| function.params().len() as u64);
        let (mut branches, mut payments) = (0, 0);
        let (mut depth, mut nesting) = (0i64, 0i64);
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let offset = operators.original_position();
            let operator = operators.read()?;
            self.operators += 1;
            self.operands += self.operands_of(&operator);
            branches += operators::branches(&operator);
            payments += u64::from(operators::is_paid_apart(&operator));
            depth += operators::deepening(&operator);
            nesting = nesting.max(depth);
            let foreign = features::of_operator(&operator).or_else(|| of_block(&operator));
            if let Some(feature) = foreign {
                self.foreign.note(feature, || at(&operator, offset));
            }
        }
        self.bodies.push(Body {
            bytes: body.as_bytes().len(),
            parameters,
            locals,
            branches,
            payments,
            nesting: nesting.unsigned_abs(),
        });
        Ok(())
    }

    /// How many values a call takes from the operand stack.
    fn operands_of(&self, operator: &Operator) -> u64 {
        let called = match *operator {
            Operator::Call { function_index } => self.signature(function_index),
            Operator::CallIndirect { type_index, .. } => self.function_type(type_index),
            _ => None,
        };
        called.map_or(0, |function| function.params().len() as u64)
    }
}

fn at(operator: &Operator, offset: u64) -> String {
    format!("{} at byte {offset}", operators::name(operator))
}

/// The foreign feature that a block's own type brings.
fn of_block(operator: &Operator) -> Option<Feature> {
    let (Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty }) =
        operator
    else {
        return None;
    };
    match blockty {
        BlockType::Empty => None,
        BlockType::Type(kind) => features::of_value(*kind),
        BlockType::FuncType(_) => Some(Feature::MultiValue),
    }
}
