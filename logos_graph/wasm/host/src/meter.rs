//! The meter: every function is rewritten before it is compiled, so that it counts its own gas and
//! its own stack, in globals that the module itself cannot name.
//!
//! Gas: the price of a run of operators without a branch is taken where the run ends, before the
//! branch. `memory.copy` and `memory.fill` cost by length besides (a constant price would let one
//! operator do a second's work). Stack: each call site holds its function's frame for as long as
//! the call lasts, and traps when all that are held pass the budget: how deep a node may recurse
//! then depends on the module alone, and not on the version of the compiler behind.
//!
//! After `wasmer-middlewares`' metering (MIT), which has neither lengths nor a stack.

use crate::{limits, prices};
use std::sync::{Arc, OnceLock};
use wasmer::sys::{FunctionMiddleware, MiddlewareError, MiddlewareReaderState, ModuleMiddleware};
use wasmer::{ExportIndex, GlobalInit, GlobalType, LocalFunctionIndex, Mutability, Type};
use wasmer_types::ModuleInfo;
use wasmparser::{BlockType, Operator};

/// Exported global, i64: the gas that is left.
pub const GAS: &str = "logos$gas";
/// Exported global, i32: why the meter stopped the node; one of the `STOPPED_…` or 0.
pub const STOPPED: &str = "logos$stopped";

/// The next run of operators costs more gas than is left.
pub const STOPPED_BY_GAS: i32 = 1;
/// The calls in progress hold more stack than the budget.
pub const STOPPED_BY_STACK: i32 = 2;

/// Whether control may leave or enter here, so that what has run until now must be paid.
fn ends_run(operator: &Operator) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::Loop { .. }
            | O::If { .. }
            | O::Else
            | O::End
            | O::Br { .. }
            | O::BrIf { .. }
            | O::BrTable { .. }
            | O::Call { .. }
            | O::CallIndirect { .. }
            | O::Return
            | O::Unreachable
            | O::MemoryGrow { .. }
    )
}

/// Indexes of the meter's globals.
#[derive(Clone, Copy, Debug)]
struct Globals {
    gas: u32,
    stopped: u32,
    /// Holds a bulk operator's length while it is priced.
    length: u32,
    /// Bytes of stack held by calls in progress.
    stack: u32,
}

/// The meter of one module.
#[derive(Debug)]
pub struct Meter {
    /// Frame of each defined function.
    frames: Arc<[u32]>,
    module: OnceLock<Globals>,
}

impl Meter {
    /// `frames`: what [`crate::admission::frame_sizes`] gives.
    pub fn new(frames: Vec<u32>) -> Self {
        Meter {
            frames: frames.into(),
            module: OnceLock::new(),
        }
    }
}

impl ModuleMiddleware for Meter {
    fn generate_function_middleware<'a>(
        &self,
        function: LocalFunctionIndex,
    ) -> Box<dyn FunctionMiddleware<'a> + 'a> {
        let module = self.module.get();
        let globals = *module.expect("the module's globals are added first");
        Box::new(FunctionMeter {
            globals,
            frame: self.frames[function.as_u32() as usize],
            unpaid: 0,
        })
    }

    fn transform_module_info(&self, module: &mut ModuleInfo) -> Result<(), MiddlewareError> {
        let mut add = |kind, zero, name: Option<&str>| {
            let index = module.globals.push(GlobalType::new(kind, Mutability::Var));
            module.global_initializers.push(zero);
            if let Some(name) = name {
                let export = ExportIndex::Global(index);
                module.exports.insert(name.to_string(), export);
            }
            index.as_u32()
        };
        let globals = Globals {
            gas: add(Type::I64, GlobalInit::I64Const(0), Some(GAS)),
            stopped: add(Type::I32, GlobalInit::I32Const(0), Some(STOPPED)),
            length: add(Type::I32, GlobalInit::I32Const(0), None),
            stack: add(Type::I32, GlobalInit::I32Const(0), None),
        };
        self.module
            .set(globals)
            .map_err(|_| MiddlewareError::new("meter", "a meter serves one module"))
    }
}

#[derive(Debug)]
struct FunctionMeter {
    globals: Globals,
    frame: u32,
    /// Price of the operators since the last payment.
    unpaid: u64,
}

impl FunctionMeter {
    /// Stops the node for `reason` when the condition on the operand stack holds.
    fn stop_if(&self, reason: i32, out: &mut MiddlewareReaderState<'_>) {
        out.extend(&[
            Operator::If {
                blockty: BlockType::Empty,
            },
            Operator::I32Const { value: reason },
            Operator::GlobalSet {
                global_index: self.globals.stopped,
            },
            Operator::Unreachable,
            Operator::End,
        ]);
    }

    /// Takes the gas that the operators `amount` push, as an i64.
    fn pay<'a>(&self, amount: &[Operator<'a>], out: &mut MiddlewareReaderState<'a>) {
        let gas = Operator::GlobalGet {
            global_index: self.globals.gas,
        };
        out.push_operator(gas.clone());
        out.extend(amount);
        out.push_operator(Operator::I64LtU);
        self.stop_if(STOPPED_BY_GAS, out);
        out.push_operator(gas);
        out.extend(amount);
        out.push_operator(Operator::I64Sub);
        out.push_operator(Operator::GlobalSet {
            global_index: self.globals.gas,
        });
    }

    fn pay_run(&mut self, out: &mut MiddlewareReaderState<'_>) {
        let value = std::mem::take(&mut self.unpaid) as i64;
        if value > 0 {
            self.pay(&[Operator::I64Const { value }], out);
        }
    }

    /// The length of a bulk operator is on top of the operand stack, and stays there.
    fn pay_length(&self, out: &mut MiddlewareReaderState<'_>) {
        let global_index = self.globals.length;
        out.push_operator(Operator::GlobalSet { global_index });
        let amount = [
            Operator::GlobalGet { global_index },
            Operator::I64ExtendI32U,
            Operator::I64Const {
                value: i64::from(prices::BYTES_PER_GAS_LOG2),
            },
            Operator::I64ShrU,
        ];
        self.pay(&amount, out);
        out.push_operator(Operator::GlobalGet { global_index });
    }

    /// Adds this function's frame to the stack in use, or takes it away.
    fn move_stack(&self, change: Operator<'static>, out: &mut MiddlewareReaderState<'_>) {
        let global_index = self.globals.stack;
        out.extend(&[
            Operator::GlobalGet { global_index },
            Operator::I32Const {
                value: self.frame as i32,
            },
            change,
            Operator::GlobalSet { global_index },
        ]);
    }

    fn hold_frame(&self, out: &mut MiddlewareReaderState<'_>) {
        self.move_stack(Operator::I32Add, out);
        out.extend(&[
            Operator::GlobalGet {
                global_index: self.globals.stack,
            },
            Operator::I32Const {
                value: limits::STACK_BUDGET as i32,
            },
            Operator::I32GtU,
        ]);
        self.stop_if(STOPPED_BY_STACK, out);
    }
}

impl<'a> FunctionMiddleware<'a> for FunctionMeter {
    fn feed(
        &mut self,
        operator: Operator<'a>,
        out: &mut MiddlewareReaderState<'a>,
    ) -> Result<(), MiddlewareError> {
        use Operator as O;
        self.unpaid += prices::operator(&operator);
        let bulk = matches!(operator, O::MemoryCopy { .. } | O::MemoryFill { .. });
        let call = matches!(operator, O::Call { .. } | O::CallIndirect { .. });
        if bulk || ends_run(&operator) {
            self.pay_run(out);
        }
        if bulk {
            self.pay_length(out);
        }
        if call {
            self.hold_frame(out);
        }
        out.push_operator(operator);
        if call {
            self.move_stack(O::I32Sub, out);
        }
        Ok(())
    }
}
