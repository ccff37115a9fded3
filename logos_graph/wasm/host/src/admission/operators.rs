//! What of an operator matters to admission besides the feature that brought it.

use wasmparser::Operator;

/// At how many places control flow parts or joins here.
pub fn branches(operator: &Operator) -> u64 {
    match operator {
        Operator::If { .. } | Operator::Else | Operator::Loop { .. } => 1,
        Operator::Br { .. } | Operator::BrIf { .. } => 1,
        Operator::BrTable { targets } => u64::from(targets.len()) + 1,
        _ => 0,
    }
}

/// Whether the meter takes a payment here besides those at branches: it branches itself to do so.
pub fn is_paid_apart(operator: &Operator) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::Call { .. }
            | O::CallIndirect { .. }
            | O::MemoryCopy { .. }
            | O::MemoryFill { .. }
            | O::MemoryGrow { .. }
    )
}

/// By how many blocks deeper the next operator stands.
pub fn deepening(operator: &Operator) -> i64 {
    use Operator as O;
    match operator {
        O::Block { .. } | O::Loop { .. } | O::If { .. } | O::Try { .. } | O::TryTable { .. } => 1,
        O::End | O::Delegate { .. } => -1,
        _ => 0,
    }
}

/// The operator's name in the text format, as near as the parser knows it: `memory.init`.
pub fn name(operator: &Operator) -> String {
    const DOTTED: [&str; 11] = [
        "i32", "i64", "f32", "f64", "v128", "memory", "table", "ref", "local", "global", "data",
    ];
    let name = super::features::parser_name(operator).trim_start_matches("visit_");
    match name.split_once('_') {
        Some((head, tail)) if DOTTED.contains(&head) => format!("{head}.{tail}"),
        _ => name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_named_as_in_the_text_format() {
        let init = Operator::MemoryInit {
            data_index: 0,
            mem: 0,
        };
        assert_eq!(name(&init), "memory.init");
        assert_eq!(name(&Operator::AtomicFence), "atomic_fence");
    }
}
