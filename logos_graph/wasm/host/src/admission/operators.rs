//! Which operators a node may use: those of WebAssembly 1.0, sign extension, saturating
//! conversion, and of the bulk-memory proposal the two that the meter prices by length.

use wasmparser::Operator;

macro_rules! name_operators {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
        /// The proposal that brought an operator, and the parser's name for it (`visit_…`).
        fn origin(operator: &Operator) -> (&'static str, &'static str) {
            match operator {
                $( Operator::$op $({ $($arg: _),* })? => (stringify!($proposal), stringify!($visit)), )*
                // `Operator` is non-exhaustive: what the parser does not list is not allowed.
                _ => ("unknown", "visit_unknown"),
            }
        }
    };
}
wasmparser::for_each_operator!(name_operators);

/// Whether a node may use this operator.
pub fn is_allowed(operator: &Operator) -> bool {
    match operator {
        Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => true,
        _ => matches!(
            origin(operator).0,
            "mvp" | "sign_extension" | "saturating_float_to_int"
        ),
    }
}

/// At how many places control flow parts or joins here.
pub fn branches(operator: &Operator) -> u64 {
    match operator {
        Operator::If { .. } | Operator::Else | Operator::Loop { .. } => 1,
        Operator::Br { .. } | Operator::BrIf { .. } => 1,
        Operator::BrTable { targets } => u64::from(targets.len()) + 1,
        _ => 0,
    }
}

/// The operator's name in the text format, as near as the parser knows it: `memory.init`.
pub fn name(operator: &Operator) -> String {
    const DOTTED: [&str; 11] = [
        "i32", "i64", "f32", "f64", "v128", "memory", "table", "ref", "local", "global", "data",
    ];
    let name = origin(operator).1.trim_start_matches("visit_");
    match name.split_once('_') {
        Some((head, tail)) if DOTTED.contains(&head) => format!("{head}.{tail}"),
        _ => name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_bulk_memory_only_copy_and_fill_are_allowed() {
        assert!(is_allowed(&Operator::MemoryCopy {
            dst_mem: 0,
            src_mem: 0
        }));
        assert!(is_allowed(&Operator::MemoryFill { mem: 0 }));
        let init = Operator::MemoryInit {
            data_index: 0,
            mem: 0,
        };
        assert!(!is_allowed(&init));
        assert_eq!(name(&init), "memory.init");
    }

    #[test]
    fn operators_of_later_proposals_are_foreign() {
        assert!(!is_allowed(&Operator::ReturnCall { function_index: 0 }));
        assert!(!is_allowed(&Operator::TableGrow { table: 0 }));
        assert!(!is_allowed(&Operator::AtomicFence));
        assert!(!is_allowed(&Operator::V128Not));
        assert!(is_allowed(&Operator::I32Extend8S));
        assert!(is_allowed(&Operator::F64Sqrt));
    }
}
