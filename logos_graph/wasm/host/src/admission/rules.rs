//! How a module fits this host: what it takes from outside, what it offers, what it says of itself.

use super::imports::{self, Allowed};
use super::survey::{Imported, Survey, DESCRIPTOR_SECTION};
use super::{bounds, limits, RESERVED_PREFIX};
use wasmparser::{ExternalKind, FuncType, ValType};

/// What was found, or the culprit.
type Found = Result<String, String>;

/// A demand on a module for a node that holds some capabilities.
pub struct Rule {
    pub name: &'static str,
    pub code: &'static str,
    /// What it asks, in words.
    pub demand: &'static str,
    pub judge: fn(&Survey, &[String]) -> Found,
}

macro_rules! rules {
    ($($name:literal $code:literal $demand:literal $judge:expr;)*) => {
        /// Every one of them, in the order of the report.
        pub const RULES: &[Rule] = &[$(
            Rule {
                name: $name,
                code: $code,
                demand: $demand,
                judge: $judge,
            }
        ),*];
    };
}

rules! {
    "import-kinds" "E_ADMIT_IMPORT_KIND" "imports are functions"
        |survey, _| import_kinds(survey);
    "imports" "E_ADMIT_IMPORT" "imports are on the list" |survey, _| allowed_imports(survey);
    "import-signatures" "E_ADMIT_IMPORT_SIGNATURE" "imports have the listed parameters and results"
        |survey, _| import_signatures(survey);
    "grants" "E_ADMIT_GRANT" "the node holds the capability that an import needs" grants;
    "memory" "E_ADMIT_MEMORY" "there is a memory" |survey, _| memory(survey);
    "exports" "E_ADMIT_EXPORT" "memory, logos_alloc and logos_call are exported"
        |survey, _| exports(survey);
    "export-signatures" "E_ADMIT_EXPORT_SIGNATURE"
        "what the host calls and reads is exported as what it takes it for"
        |survey, _| export_signatures(survey);
    "reserved-names" "E_ADMIT_EXPORT_RESERVED" "no export has a name of the meter's"
        |survey, _| reserved_names(survey);
    "start" "E_ADMIT_START" "nothing runs before it is called" |survey, _| start(survey);
    "descriptor" "E_ADMIT_DESCRIPTOR" "one custom section logos.descriptor"
        |survey, _| one_descriptor(survey);
    "descriptor-size" "E_ADMIT_DESCRIPTOR_SIZE" "at most 65536 bytes in it"
        |survey, _| descriptor_size(survey);
}

fn import_kinds(survey: &Survey) -> Found {
    match survey.imports.iter().find(|i| i.function.is_none()) {
        Some(import) => Err(format!("{} is not a function", dotted(import))),
        None => Ok("functions only".to_string()),
    }
}

fn allowed_imports(survey: &Survey) -> Found {
    let mut functions = survey.imports.iter().filter(|i| i.function.is_some());
    if let Some(import) = functions.find(|i| imports::find(i.module, i.name).is_none()) {
        return Err(dotted(import));
    }
    // What is too many to be listed has been refused by its number.
    let names: Vec<_> = survey
        .imports
        .iter()
        .take(limits::IMPORTS)
        .map(dotted)
        .collect();
    Ok(if names.is_empty() {
        "none".to_string()
    } else {
        names.join(", ")
    })
}

/// The imports on the allow-list, each with its entry.
fn listed<'s>(survey: &'s Survey) -> impl Iterator<Item = (&'s Imported<'s>, &'static Allowed)> {
    let entry = |i: &'s Imported<'s>| Some((i, imports::find(i.module, i.name)?));
    survey.imports.iter().filter_map(entry)
}

fn import_signatures(survey: &Survey) -> Found {
    for (import, allowed) in listed(survey) {
        let kind = import.function.and_then(|t| survey.function_type(t));
        if !has(kind, allowed.parameters, allowed.results) {
            return Err(format!("{} is {}", dotted(import), shown(kind)));
        }
    }
    Ok("as listed".to_string())
}

fn grants(survey: &Survey, granted: &[String]) -> Found {
    let mut used = Vec::new();
    for (import, allowed) in listed(survey) {
        if allowed.capabilities.is_empty() {
            continue;
        }
        let Some(capability) = allowed.opened_by(granted) else {
            let needed = allowed.capabilities.join(" or ");
            return Err(format!("{} needs the capability {needed}", dotted(import)));
        };
        if !used.contains(&capability) {
            used.push(capability);
        }
    }
    Ok(if used.is_empty() {
        "none needed".to_string()
    } else {
        used.join(", ")
    })
}

const I32: ValType = ValType::I32;
const I64: ValType = ValType::I64;

fn export<'s>(survey: &'s Survey, name: &str) -> Option<&'s wasmparser::Export<'s>> {
    survey.exports.iter().find(|export| export.name == name)
}

fn exports(survey: &Survey) -> Found {
    for name in ["memory", "logos_alloc", "logos_call"] {
        if export(survey, name).is_none() {
            return Err(format!("{name} is missing"));
        }
    }
    Ok("memory, logos_alloc, logos_call".to_string())
}

fn export_signatures(survey: &Survey) -> Found {
    let function = |name, parameters: &[ValType], results: &[ValType]| {
        let Some(export) = export(survey, name) else {
            return Ok(());
        };
        let kind = match export.kind {
            ExternalKind::Func => survey.signature(export.index),
            _ => None,
        };
        if has(kind, parameters, results) {
            return Ok(());
        }
        Err(format!("{name} is {}", shown(kind)))
    };
    function("logos_alloc", &[I32], &[I32])?;
    function("logos_call", &[I32, I32], &[I64])?;
    function("_initialize", &[], &[])?;
    if export(survey, "memory").is_some_and(|e| e.kind != ExternalKind::Memory) {
        return Err("memory is not a memory".to_string());
    }
    if export(survey, "LOGOS_PANIC").is_some_and(|e| !is_address(survey, e)) {
        return Err("LOGOS_PANIC is not a constant global of type i32".to_string());
    }
    Ok("as required".to_string())
}

fn is_address(survey: &Survey, export: &wasmparser::Export) -> bool {
    // Imported globals are refused, so that the index counts the defined ones.
    let global = survey.globals.get(export.index as usize);
    export.kind == ExternalKind::Global
        && global.is_some_and(|g| g.content_type == I32 && !g.mutable)
}

fn reserved_names(survey: &Survey) -> Found {
    let reserved = |name: &&str| name.starts_with(RESERVED_PREFIX);
    match survey.exports.iter().map(|e| e.name).find(reserved) {
        Some(name) => Err(format!("export {name}")),
        None => Ok("none used".to_string()),
    }
}

fn memory(survey: &Survey) -> Found {
    match survey.memories[..] {
        [] => Err("0 memories".to_string()),
        _ => Ok("one".to_string()),
    }
}

fn start(survey: &Survey) -> Found {
    match survey.start {
        Some(function) => Err(format!("function {function} is a start function")),
        None => Ok("none".to_string()),
    }
}

fn one_descriptor(survey: &Survey) -> Found {
    match survey.descriptors.len() {
        1 => Ok("one".to_string()),
        count => Err(format!("{count} sections {DESCRIPTOR_SECTION}")),
    }
}

fn descriptor_size(survey: &Survey) -> Found {
    let largest = survey
        .descriptors
        .iter()
        .map(|d| d.len())
        .max()
        .unwrap_or(0);
    bounds::at_most(largest as u64, limits::DESCRIPTOR_BYTES as u64, "bytes")
}

/// The bytes of the descriptor, when there is exactly one and it is not too long.
pub fn descriptor<'a>(survey: &Survey<'a>) -> Option<&'a [u8]> {
    match survey.descriptors[..] {
        [one] if one.len() <= limits::DESCRIPTOR_BYTES => Some(one),
        _ => None,
    }
}

fn has(kind: Option<&FuncType>, parameters: &[ValType], results: &[ValType]) -> bool {
    kind.is_some_and(|f| f.params() == parameters && f.results() == results)
}

fn shown(kind: Option<&FuncType>) -> String {
    let Some(function) = kind else {
        return "not a function".to_string();
    };
    let list = |types: &[ValType]| {
        let names: Vec<_> = types.iter().map(ToString::to_string).collect();
        names.join(", ")
    };
    format!(
        "({}) -> ({})",
        list(function.params()),
        list(function.results())
    )
}

fn dotted(import: &Imported) -> String {
    format!("{}.{}", import.module, import.name)
}
