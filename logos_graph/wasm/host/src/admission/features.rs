//! The proposals beyond WebAssembly 1.0 that the parser knows. A node may use three of them: sign
//! extension, saturating conversion, and of bulk memory the copy and fill that the meter prices by
//! length. Each of the others is a feature with a check and a code of its own.

use wasmparser::{AbstractHeapType, HeapType, Operator, RefType, ValType, WasmFeatures};

/// What the check of one foreign feature is called, and what it answers with.
pub struct Row {
    pub feature: Feature,
    pub name: &'static str,
    pub code: &'static str,
    flag: WasmFeatures,
}

macro_rules! features {
    ($($feature:ident $name:literal $code:literal $flag:ident;)*) => {
        /// A proposal that no node may use.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Feature { $($feature),* }

        /// Every one of them, in the order of the report: a proposal before those it builds on.
        pub const FEATURES: &[Row] = &[$(
            Row {
                feature: Feature::$feature,
                name: $name,
                code: $code,
                flag: WasmFeatures::$flag,
            }
        ),*];
    };
}

features! {
    RelaxedSimd "relaxed-simd" "E_ADMIT_RELAXED_SIMD" RELAXED_SIMD;
    Simd "simd" "E_ADMIT_SIMD" SIMD;
    Threads "threads" "E_ADMIT_THREADS" THREADS;
    SharedEverything "shared-everything-threads" "E_ADMIT_SHARED_EVERYTHING"
        SHARED_EVERYTHING_THREADS;
    BulkMemory "bulk-memory" "E_ADMIT_BULK_MEMORY" BULK_MEMORY;
    ReferenceTypes "reference-types" "E_ADMIT_REFERENCE_TYPES" REFERENCE_TYPES;
    FunctionReferences "function-references" "E_ADMIT_FUNCTION_REFERENCES" FUNCTION_REFERENCES;
    CustomDescriptors "custom-descriptors" "E_ADMIT_CUSTOM_DESCRIPTORS" CUSTOM_DESCRIPTORS;
    Gc "gc" "E_ADMIT_GC" GC;
    TailCall "tail-calls" "E_ADMIT_TAIL_CALL" TAIL_CALL;
    Exceptions "exceptions" "E_ADMIT_EXCEPTIONS" EXCEPTIONS;
    LegacyExceptions "legacy-exceptions" "E_ADMIT_LEGACY_EXCEPTIONS" LEGACY_EXCEPTIONS;
    StackSwitching "stack-switching" "E_ADMIT_STACK_SWITCHING" STACK_SWITCHING;
    MultiValue "multi-value" "E_ADMIT_MULTI_VALUE" MULTI_VALUE;
    MultiMemory "multi-memory" "E_ADMIT_MULTI_MEMORY" MULTI_MEMORY;
    Memory64 "memory64" "E_ADMIT_MEMORY64" MEMORY64;
    MemoryControl "memory-control" "E_ADMIT_MEMORY_CONTROL" MEMORY_CONTROL;
    CustomPageSizes "custom-page-sizes" "E_ADMIT_CUSTOM_PAGE_SIZES" CUSTOM_PAGE_SIZES;
    ExtendedConst "extended-const" "E_ADMIT_EXTENDED_CONST" EXTENDED_CONST;
    WideArithmetic "wide-arithmetic" "E_ADMIT_WIDE_ARITHMETIC" WIDE_ARITHMETIC;
    CompactImports "compact-imports" "E_ADMIT_COMPACT_IMPORTS" COMPACT_IMPORTS;
}

/// What the validator lets through: WebAssembly 1.0 with mutable globals, sign extension and
/// saturating conversion (all of them deterministic), `memory.copy` and `memory.fill`, and the
/// padded `call_indirect` encoding that rustc writes since it turns reference types on.
pub fn of_nodes() -> WasmFeatures {
    WasmFeatures::WASM1
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::BULK_MEMORY_OPT
        | WasmFeatures::CALL_INDIRECT_OVERLONG
}

/// The feature whose absence the validator gives as its reason.
pub fn missing(error: &wasmparser::Error) -> Option<Feature> {
    let flags = error.missing_wasm_feature()?;
    let row = FEATURES.iter().find(|row| row.flag == flags);
    row.map(|row| row.feature)
}

/// The parser's names of proposals, each with what it is to a node. A proposal that a newer parser
/// brings does not compile until it stands here.
#[allow(non_upper_case_globals)]
mod proposal {
    use super::Feature::{self, *};

    pub const mvp: Option<Feature> = None;
    pub const sign_extension: Option<Feature> = None;
    pub const saturating_float_to_int: Option<Feature> = None;
    pub const bulk_memory: Option<Feature> = Some(BulkMemory);
    pub const custom_descriptors: Option<Feature> = Some(CustomDescriptors);
    pub const exceptions: Option<Feature> = Some(Exceptions);
    pub const function_references: Option<Feature> = Some(FunctionReferences);
    pub const gc: Option<Feature> = Some(Gc);
    pub const legacy_exceptions: Option<Feature> = Some(LegacyExceptions);
    pub const memory_control: Option<Feature> = Some(MemoryControl);
    pub const reference_types: Option<Feature> = Some(ReferenceTypes);
    pub const relaxed_simd: Option<Feature> = Some(RelaxedSimd);
    pub const shared_everything_threads: Option<Feature> = Some(SharedEverything);
    pub const simd: Option<Feature> = Some(Simd);
    pub const stack_switching: Option<Feature> = Some(StackSwitching);
    pub const tail_call: Option<Feature> = Some(TailCall);
    pub const threads: Option<Feature> = Some(Threads);
    pub const wide_arithmetic: Option<Feature> = Some(WideArithmetic);
}

macro_rules! list_operators {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
        fn origin(operator: &Operator) -> Option<Feature> {
            match operator {
                $( Operator::$op $({ $($arg: _),* })? => proposal::$proposal, )*
                // `Operator` is open to later ones, which the validator does not let through.
                _ => None,
            }
        }

        /// The parser's name for an operator: `visit_…`.
        pub fn parser_name(operator: &Operator) -> &'static str {
            match operator {
                $( Operator::$op $({ $($arg: _),* })? => stringify!($visit), )*
                _ => "visit_unknown",
            }
        }
    };
}
wasmparser::for_each_operator!(list_operators);

/// The foreign feature that brought an operator.
pub fn of_operator(operator: &Operator) -> Option<Feature> {
    match operator {
        Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => None,
        _ => origin(operator),
    }
}

/// The foreign feature that an operator belongs to inside of a constant expression.
pub fn of_constant(operator: &Operator) -> Option<Feature> {
    use Operator as O;
    match operator {
        O::I32Add | O::I32Sub | O::I32Mul | O::I64Add | O::I64Sub | O::I64Mul => {
            Some(Feature::ExtendedConst)
        }
        _ => of_operator(operator),
    }
}

/// The foreign feature that brought the type of a value.
pub fn of_value(kind: ValType) -> Option<Feature> {
    match kind {
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 => None,
        ValType::V128 => Some(Feature::Simd),
        ValType::Ref(reference) => Some(of_reference(reference)),
    }
}

/// The feature that brought a reference type.
pub fn of_reference(reference: RefType) -> Feature {
    use AbstractHeapType as Heap;
    match reference.heap_type() {
        HeapType::Exact(_) => Feature::CustomDescriptors,
        HeapType::Concrete(_) => Feature::FunctionReferences,
        HeapType::Abstract { shared: true, .. } => Feature::SharedEverything,
        HeapType::Abstract { ty, .. } => match ty {
            Heap::Func | Heap::Extern if reference.is_nullable() => Feature::ReferenceTypes,
            Heap::Func | Heap::Extern => Feature::FunctionReferences,
            Heap::Exn | Heap::NoExn => Feature::Exceptions,
            Heap::Cont | Heap::NoCont => Feature::StackSwitching,
            _ => Feature::Gc,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_bulk_memory_only_copy_and_fill_are_allowed() {
        let copy = Operator::MemoryCopy {
            dst_mem: 0,
            src_mem: 0,
        };
        let init = Operator::MemoryInit {
            data_index: 0,
            mem: 0,
        };
        assert_eq!(of_operator(&copy), None);
        assert_eq!(of_operator(&Operator::MemoryFill { mem: 0 }), None);
        assert_eq!(of_operator(&init), Some(Feature::BulkMemory));
    }

    #[test]
    fn operators_of_later_proposals_are_foreign() {
        let tail_call = Operator::ReturnCall { function_index: 0 };
        assert_eq!(of_operator(&tail_call), Some(Feature::TailCall));
        assert_eq!(of_operator(&Operator::AtomicFence), Some(Feature::Threads));
        assert_eq!(of_operator(&Operator::V128Not), Some(Feature::Simd));
        assert_eq!(of_operator(&Operator::I32Extend8S), None);
        assert_eq!(of_operator(&Operator::F64Sqrt), None);
    }

    #[test]
    fn no_feature_that_a_node_may_use_has_a_check_that_refuses_it() {
        for row in FEATURES {
            assert!(!of_nodes().contains(row.flag), "{}", row.name);
        }
    }

    #[test]
    fn every_feature_of_modules_that_the_parser_knows_is_allowed_or_has_a_check() {
        let of_components = [
            "COMPONENT_MODEL",
            "CM_VALUES",
            "CM_NESTED_NAMES",
            "CM_ASYNC",
            "CM_ASYNC_STACKFUL",
            "CM_MORE_ASYNC_BUILTINS",
            "CM_THREADING",
            "CM_ERROR_CONTEXT",
            "CM_FIXED_LENGTH_LISTS",
            "CM_GC",
            "CM_MAP",
            "CM64",
            "CM_IMPLEMENTS",
            "CM_CANON_NAMES",
        ];
        let named = FEATURES.iter().fold(of_nodes(), |all, row| all | row.flag);
        for (name, _) in (WasmFeatures::all() - named).iter_names() {
            assert!(of_components.contains(&name), "{name} has no check");
        }
    }
}
