//! One pass over a module's sections: collects the facts that the checks judge.
//!
//! Nothing is trusted here: indexes may point nowhere (they are only followed with `get`), and
//! counts are those of things that were really read.

use wasmparser::{
    BlockType, CompositeInnerType, Export, FuncType, FunctionBody, GlobalType, MemoryType,
    Operator, Parser, Payload, TableType, TypeRef,
};

/// Name of the custom section that holds a node's descriptor.
pub const DESCRIPTOR_SECTION: &str = "logos.descriptor";

/// An import of any kind.
pub struct Imported<'a> {
    pub module: &'a str,
    pub name: &'a str,
    /// The type index of an imported function; `None` for anything else.
    pub function: Option<u32>,
}

/// The size of one function body.
#[derive(Clone, Copy)]
pub struct Body {
    pub bytes: usize,
    pub parameters: u64,
    pub locals: u64,
    /// Places where control flow parts or joins.
    pub branches: u64,
}

impl Body {
    /// What the compiler's work on values that live across branches grows with.
    pub fn complexity(&self) -> u64 {
        (self.parameters + self.locals) * self.branches
    }
}

/// What stands in a module.
#[derive(Default)]
pub struct Survey<'a> {
    /// `None` where a type is not a function's.
    pub types: Vec<Option<FuncType>>,
    pub imports: Vec<Imported<'a>>,
    /// The type index of every function, imported ones first.
    pub functions: Vec<u32>,
    imported_functions: usize,
    pub tables: Vec<TableType>,
    pub memories: Vec<MemoryType>,
    pub globals: Vec<GlobalType>,
    pub exports: Vec<Export<'a>>,
    pub element_segments: usize,
    pub data_segments: usize,
    pub bodies: Vec<Body>,
    pub start: Option<u32>,
    pub descriptors: Vec<&'a [u8]>,
    /// The first operator outside the allowed set, and its offset in the module.
    pub foreign_operator: Option<(String, u64)>,
    /// A function or block that yields several values, or a block that takes some.
    pub multi_value: bool,
}

impl<'a> Survey<'a> {
    /// Reads the whole module; the error is the parser's, with its offset.
    pub fn of(wasm: &'a [u8]) -> wasmparser::Result<Self> {
        let mut survey = Survey::default();
        for payload in Parser::new(0).parse_all(wasm) {
            survey.add(payload?)?;
        }
        Ok(survey)
    }

    /// The signature of the function with this index.
    pub fn signature(&self, function: u32) -> Option<&FuncType> {
        let kind = *self.functions.get(function as usize)?;
        self.function_type(kind)
    }

    /// The function type with this index.
    pub fn function_type(&self, index: u32) -> Option<&FuncType> {
        self.types.get(index as usize)?.as_ref()
    }

    /// The signature of the function with this body, counted from 0.
    fn body_signature(&self, body: usize) -> Option<&FuncType> {
        self.signature(u32::try_from(self.imported_functions + body).ok()?)
    }

    /// How many functions are declared with a body.
    pub fn defined_functions(&self) -> usize {
        self.functions.len() - self.imported_functions
    }

    fn add(&mut self, payload: Payload<'a>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for kind in group?.into_types() {
                        self.add_type(kind.composite_type.inner);
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let function = match import.ty {
                        TypeRef::Func(kind) => Some(kind),
                        _ => None,
                    };
                    self.functions.extend(function);
                    self.imported_functions = self.functions.len();
                    self.imports.push(Imported {
                        module: import.module,
                        name: import.name,
                        function,
                    });
                }
            }
            Payload::FunctionSection(section) => extend(&mut self.functions, section)?,
            Payload::TableSection(section) => {
                for table in section {
                    self.tables.push(table?.ty);
                }
            }
            Payload::MemorySection(section) => extend(&mut self.memories, section)?,
            Payload::GlobalSection(section) => {
                for global in section {
                    self.globals.push(global?.ty);
                }
            }
            Payload::ExportSection(section) => extend(&mut self.exports, section)?,
            Payload::ElementSection(section) => {
                for segment in section {
                    segment?;
                    self.element_segments += 1;
                }
            }
            Payload::DataSection(section) => {
                for segment in section {
                    segment?;
                    self.data_segments += 1;
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::CodeSectionEntry(body) => self.add_body(&body)?,
            Payload::CustomSection(section) if section.name() == DESCRIPTOR_SECTION => {
                self.descriptors.push(section.data());
            }
            _ => {}
        }
        Ok(())
    }

    fn add_type(&mut self, kind: CompositeInnerType) {
        let CompositeInnerType::Func(function) = kind else {
            self.types.push(None);
            return;
        };
        self.multi_value |= function.results().len() > 1;
        self.types.push(Some(function));
    }

    fn add_body(&mut self, body: &FunctionBody<'a>) -> wasmparser::Result<()> {
        let mut locals = 0u64;
        for group in body.get_locals_reader()? {
            locals += u64::from(group?.0);
        }
        let parameters = self
            .body_signature(self.bodies.len())
            .map_or(0, |function| function.params().len() as u64);
        let mut branches = 0;
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let offset = operators.original_position();
            let operator = operators.read()?;
            self.multi_value |= takes_values(&operator);
            branches += super::operators::branches(&operator);
            if self.foreign_operator.is_none() && !super::operators::is_allowed(&operator) {
                self.foreign_operator = Some((super::operators::name(&operator), offset));
            }
        }
        self.bodies.push(Body {
            bytes: body.as_bytes().len(),
            parameters,
            locals,
            branches,
        });
        Ok(())
    }
}

fn extend<'a, T: wasmparser::FromReader<'a>>(
    into: &mut Vec<T>,
    section: wasmparser::SectionLimited<'a, T>,
) -> wasmparser::Result<()> {
    for item in section {
        into.push(item?);
    }
    Ok(())
}

fn takes_values(operator: &Operator) -> bool {
    matches!(
        operator,
        Operator::Block {
            blockty: BlockType::FuncType(_)
        } | Operator::Loop {
            blockty: BlockType::FuncType(_)
        } | Operator::If {
            blockty: BlockType::FuncType(_)
        }
    )
}
