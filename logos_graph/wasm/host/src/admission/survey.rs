//! One pass over a module's sections: collects the facts that the checks judge.
//!
//! Nothing is trusted here: indexes may point nowhere (they are only followed with `get`), and
//! counts are those of things that were really read. Each byte is read a fixed number of times,
//! whatever it says: the checks that bound everything else are made of what is found here.

use super::code::Body;
use super::features::{self, Feature, FEATURES};
use wasmparser::{
    CompositeInnerType, DataKind, ElementItems, ElementKind, Export, FuncType, GlobalType, Import,
    Imports, MemoryType, Parser, Payload, SubType, TableInit, TableType, TypeRef, ValType,
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

/// Where each foreign feature is first used.
#[derive(Default)]
pub struct Foreign([Option<String>; FEATURES.len()]);

impl Foreign {
    /// Notes a use; the first one stays.
    pub fn note(&mut self, feature: Feature, place: impl FnOnce() -> String) {
        self.0[feature as usize].get_or_insert_with(place);
    }

    /// The first use of this feature.
    pub fn first(&self, feature: Feature) -> Option<&str> {
        self.0[feature as usize].as_deref()
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
    /// Imported ones included.
    pub memories: Vec<MemoryType>,
    pub globals: Vec<GlobalType>,
    pub exports: Vec<Export<'a>>,
    pub element_segments: u64,
    /// Entries of all element segments together.
    pub elements: u64,
    pub data_segments: u64,
    pub bodies: Vec<Body>,
    pub start: Option<u32>,
    pub descriptors: Vec<&'a [u8]>,
    pub custom_sections: u64,
    /// Bytes of the custom sections that are no descriptor.
    pub custom_bytes: u64,
    pub foreign: Foreign,
    /// Operators that were read: what the work on code is counted by.
    pub operators: u64,
    /// Values that all calls together take from the operand stack.
    pub operands: u64,
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
    pub(super) fn body_signature(&self, body: usize) -> Option<&FuncType> {
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
                    let group = group?;
                    let first = self.types.len();
                    if group.is_explicit_rec_group() {
                        let place = || format!("type {first} begins a recursive group");
                        self.foreign.note(Feature::Gc, place);
                    }
                    for kind in group.into_types() {
                        self.add_type(kind);
                    }
                }
            }
            Payload::ImportSection(section) => {
                for group in section {
                    self.add_imports(group?)?;
                }
            }
            Payload::FunctionSection(section) => extend(&mut self.functions, section)?,
            Payload::TableSection(section) => {
                for table in section {
                    let table = table?;
                    self.add_table(table.ty);
                    if let TableInit::Expr(expression) = table.init {
                        let place = || "a table with an initial value".to_string();
                        self.foreign.note(Feature::FunctionReferences, place);
                        self.add_constant(&expression)?;
                    }
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.add_memory(memory?);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    self.note_global(global.ty);
                    self.add_constant(&global.init_expr)?;
                    self.globals.push(global.ty);
                }
            }
            Payload::TagSection(_) => {
                let place = || "a section of exception tags".to_string();
                self.foreign.note(Feature::Exceptions, place);
            }
            Payload::ExportSection(section) => extend(&mut self.exports, section)?,
            Payload::ElementSection(section) => {
                for segment in section {
                    self.add_elements(segment?)?;
                }
            }
            Payload::DataSection(section) => {
                for segment in section {
                    self.add_data(segment?.kind)?;
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::CodeSectionEntry(body) => self.add_body(&body)?,
            Payload::CustomSection(section) => {
                self.custom_sections += 1;
                if section.name() == DESCRIPTOR_SECTION {
                    self.descriptors.push(section.data());
                } else {
                    self.custom_bytes += section.data().len() as u64;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add_type(&mut self, kind: SubType) {
        let index = self.types.len();
        let composite = kind.composite_type;
        let mut note = |feature, what: &str| {
            self.foreign
                .note(feature, || format!("type {index} {what}"));
        };
        if !kind.is_final || kind.supertype_idx.is_some() {
            note(Feature::Gc, "has subtypes");
        }
        if composite.shared {
            note(Feature::SharedEverything, "is shared");
        }
        if composite.descriptor_idx.is_some() || composite.describes_idx.is_some() {
            note(Feature::CustomDescriptors, "has a descriptor");
        }
        let function = match composite.inner {
            CompositeInnerType::Func(function) => Some(function),
            CompositeInnerType::Cont(_) => {
                note(Feature::StackSwitching, "is a continuation");
                None
            }
            _ => {
                note(Feature::Gc, "is no function");
                None
            }
        };
        if let Some(function) = &function {
            if function.results().len() > 1 {
                note(Feature::MultiValue, "gives several values");
            }
            for value in function.params().iter().chain(function.results()) {
                self.note_value(*value, "type", index);
            }
        }
        self.types.push(function);
    }

    fn add_imports(&mut self, group: Imports<'a>) -> wasmparser::Result<()> {
        if !matches!(group, Imports::Single(..)) {
            let place = || format!("import {} begins a group", self.imports.len());
            self.foreign.note(Feature::CompactImports, place);
        }
        for import in group {
            self.add_import(import?.1);
        }
        Ok(())
    }

    fn add_import(&mut self, import: Import<'a>) {
        let mut function = None;
        let index = self.imports.len();
        match import.ty {
            TypeRef::Func(kind) => function = Some(kind),
            TypeRef::FuncExact(kind) => {
                let place = || format!("import {index} is of an exact type");
                self.foreign.note(Feature::CustomDescriptors, place);
                function = Some(kind);
            }
            TypeRef::Table(table) => self.note_table(table),
            TypeRef::Memory(memory) => self.add_memory(memory),
            TypeRef::Global(global) => self.note_global(global),
            TypeRef::Tag(_) => {
                let place = || format!("import {index} is an exception tag");
                self.foreign.note(Feature::Exceptions, place);
            }
        }
        self.functions.extend(function);
        self.imported_functions = self.functions.len();
        self.imports.push(Imported {
            module: import.module,
            name: import.name,
            function,
        });
    }

    fn add_memory(&mut self, memory: MemoryType) {
        let index = self.memories.len();
        let mut note = |feature, what: &str| {
            self.foreign
                .note(feature, || format!("memory {index}{what}"));
        };
        if memory.shared {
            note(Feature::Threads, " is shared");
        }
        if memory.memory64 {
            note(Feature::Memory64, " has 64-bit addresses");
        }
        if memory.page_size_log2.is_some() {
            note(Feature::CustomPageSizes, " has pages of its own size");
        }
        if index > 0 {
            note(Feature::MultiMemory, "");
        }
        self.memories.push(memory);
    }

    fn add_table(&mut self, table: TableType) {
        self.note_table(table);
        self.tables.push(table);
    }

    fn note_table(&mut self, table: TableType) {
        let index = self.tables.len();
        let mut note = |feature, what: &str| {
            self.foreign
                .note(feature, || format!("table {index} {what}"));
        };
        if table.shared {
            note(Feature::SharedEverything, "is shared");
        }
        if table.table64 {
            note(Feature::Memory64, "has 64-bit indexes");
        }
        // Functions have stood in tables since WebAssembly 1.0.
        if table.element_type != wasmparser::RefType::FUNCREF {
            note(
                features::of_reference(table.element_type),
                "holds no functions",
            );
        }
    }

    fn note_global(&mut self, global: GlobalType) {
        let index = self.globals.len();
        self.note_value(global.content_type, "global", index);
        if global.shared {
            let place = || format!("global {index} is shared");
            self.foreign.note(Feature::SharedEverything, place);
        }
    }

    pub(super) fn note_value(&mut self, value: ValType, what: &str, index: usize) {
        if let Some(feature) = features::of_value(value) {
            let place = || format!("{value} in {what} {index}");
            self.foreign.note(feature, place);
        }
    }

    fn add_elements(&mut self, segment: wasmparser::Element<'a>) -> wasmparser::Result<()> {
        let index = self.element_segments;
        self.element_segments += 1;
        match segment.kind {
            ElementKind::Active { offset_expr, .. } => self.add_constant(&offset_expr)?,
            ElementKind::Passive | ElementKind::Declared => {
                let place = || format!("element segment {index} is passive");
                self.foreign.note(Feature::BulkMemory, place);
            }
        }
        match segment.items {
            ElementItems::Functions(functions) => self.elements += u64::from(functions.count()),
            ElementItems::Expressions(kind, expressions) => {
                let place = || format!("element segment {index} holds {kind} expressions");
                self.foreign.note(features::of_reference(kind), place);
                for expression in expressions {
                    self.elements += 1;
                    self.add_constant(&expression?)?;
                }
            }
        }
        Ok(())
    }

    fn add_data(&mut self, kind: DataKind<'a>) -> wasmparser::Result<()> {
        let index = self.data_segments;
        self.data_segments += 1;
        match kind {
            DataKind::Active { offset_expr, .. } => self.add_constant(&offset_expr),
            DataKind::Passive => {
                let place = || format!("data segment {index} is passive");
                self.foreign.note(Feature::BulkMemory, place);
                Ok(())
            }
        }
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
