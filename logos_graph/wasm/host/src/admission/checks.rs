//! The checks, each with its own code.

use super::imports::{self, Allowed};
use super::survey::{self, Imported, Survey, DESCRIPTOR_SECTION};
use super::{limits, Check, Refusal, Validity};
use wasmparser::{ExternalKind, FuncType, ValType};

type Outcome = Result<String, Refusal>;

fn refuse(code: &'static str, detail: impl Into<String>) -> Outcome {
    Err(Refusal {
        code,
        detail: detail.into(),
    })
}

fn at_most<T: PartialOrd + std::fmt::Display>(
    code: &'static str,
    found: T,
    limit: T,
    what: &str,
) -> Outcome {
    if found > limit {
        return refuse(code, format!("{found} {what}, the limit is {limit}"));
    }
    Ok(format!("{found} {what}"))
}

/// Before anything is read.
pub fn size(wasm: &[u8]) -> Check {
    Check {
        name: "size",
        outcome: at_most("E_ADMIT_SIZE", wasm.len(), limits::MODULE_BYTES, "bytes"),
    }
}

/// Before anything is judged.
pub fn well_formed(validity: &Validity) -> Check {
    Check {
        name: "well-formed",
        outcome: match validity {
            Validity::Invalid(error) => refuse("E_ADMIT_INVALID", error),
            _ => Ok("valid WebAssembly".to_string()),
        },
    }
}

/// The whole of admission, in the order in which refusals are reported.
pub fn all(survey: &Survey, validity: &Validity, granted: &[String]) -> Vec<Check> {
    let s = survey;
    let check = |name, outcome| Check { name, outcome };
    vec![
        check("operators", operators(s)),
        check("features", features(validity)),
        check("imports", allowed_imports(s)),
        check("import-signatures", import_signatures(s)),
        check("grants", grants(s, granted)),
        check("one-memory", one_memory(s)),
        check("memory-minimum", memory_minimum(s)),
        check("memory-maximum", memory_maximum(s)),
        check("exports", exports(s)),
        check("export-signatures", export_signatures(s)),
        check("reserved-names", reserved_names(s)),
        check("tables", tables(s)),
        check("types", types(s)),
        check("functions", functions(s)),
        check("globals", globals(s)),
        check("segments", segments(s)),
        check("code", code(s)),
        check("bodies", bodies(s)),
        check("locals", locals(s)),
        check("complexity", complexity(s)),
        check("start", start(s)),
        check("descriptor", descriptor(s)),
    ]
}

fn operators(survey: &Survey) -> Outcome {
    match &survey.foreign_operator {
        Some((name, offset)) => refuse("E_ADMIT_OPERATOR", format!("{name} at byte {offset}")),
        None => Ok("all on the list".to_string()),
    }
}

fn features(validity: &Validity) -> Outcome {
    match validity {
        Validity::ForeignFeature(which) => refuse("E_ADMIT_FEATURE", which),
        _ => Ok("WebAssembly 1.0, sign extension, saturating conversion, copy and fill".into()),
    }
}

fn allowed_imports(survey: &Survey) -> Outcome {
    for import in &survey.imports {
        if import.function.is_none() {
            return refuse(
                "E_ADMIT_IMPORT_KIND",
                format!("{} is not a function", dotted(import)),
            );
        }
        if imports::find(import.module, import.name).is_none() {
            return refuse("E_ADMIT_IMPORT", dotted(import));
        }
    }
    let names: Vec<_> = survey.imports.iter().map(dotted).collect();
    let what = format!("imports: {}", names.join(", "));
    let limit = limits::IMPORTS;
    match names.len() {
        0 => Ok("none".to_string()),
        n if n > limit => at_most("E_ADMIT_IMPORTS", n, limit, "imports"),
        _ => Ok(what),
    }
}

/// The imports on the allow-list, each with its entry.
fn listed<'s>(survey: &'s Survey) -> impl Iterator<Item = (&'s Imported<'s>, &'static Allowed)> {
    let entry = |i: &'s Imported<'s>| Some((i, imports::find(i.module, i.name)?));
    survey.imports.iter().filter_map(entry)
}

fn import_signatures(survey: &Survey) -> Outcome {
    for (import, allowed) in listed(survey) {
        let kind = import.function.and_then(|t| survey.function_type(t));
        if !has(kind, allowed.parameters, allowed.results) {
            return refuse(
                "E_ADMIT_IMPORT_SIGNATURE",
                format!("{} is {}", dotted(import), shown(kind)),
            );
        }
    }
    Ok("as listed".to_string())
}

fn grants(survey: &Survey, granted: &[String]) -> Outcome {
    let mut used = Vec::new();
    for (import, allowed) in listed(survey) {
        if allowed.capabilities.is_empty() {
            continue;
        }
        let Some(capability) = allowed.opened_by(granted) else {
            let needed = allowed.capabilities.join(" or ");
            return refuse(
                "E_ADMIT_GRANT",
                format!("{} needs the capability {needed}", dotted(import)),
            );
        };
        used.push(capability);
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

fn exports(survey: &Survey) -> Outcome {
    for name in ["memory", "logos_alloc", "logos_call"] {
        if export(survey, name).is_none() {
            return refuse("E_ADMIT_EXPORT", format!("{name} is missing"));
        }
    }
    at_most(
        "E_ADMIT_EXPORTS",
        survey.exports.len(),
        limits::EXPORTS,
        "exports",
    )
}

fn export_signatures(survey: &Survey) -> Outcome {
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
        refuse(
            "E_ADMIT_EXPORT_SIGNATURE",
            format!("{name} is {}", shown(kind)),
        )
        .map(|_| ())
    };
    function("logos_alloc", &[I32], &[I32])?;
    function("logos_call", &[I32, I32], &[I64])?;
    function("_initialize", &[], &[])?;
    if export(survey, "memory").is_some_and(|e| e.kind != ExternalKind::Memory) {
        return refuse("E_ADMIT_EXPORT_SIGNATURE", "memory is not a memory");
    }
    if export(survey, "LOGOS_PANIC").is_some_and(|e| !is_address(survey, e)) {
        return refuse(
            "E_ADMIT_EXPORT_SIGNATURE",
            "LOGOS_PANIC is not a constant global of type i32",
        );
    }
    Ok("as required".to_string())
}

fn is_address(survey: &Survey, export: &wasmparser::Export) -> bool {
    // Imported globals are refused, so that the index counts the defined ones.
    let global = survey.globals.get(export.index as usize);
    export.kind == ExternalKind::Global
        && global.is_some_and(|g| g.content_type == I32 && !g.mutable)
}

fn reserved_names(survey: &Survey) -> Outcome {
    let reserved = |name: &&str| name.starts_with(crate::meter::RESERVED_PREFIX);
    match survey.exports.iter().map(|e| e.name).find(reserved) {
        Some(name) => refuse("E_ADMIT_EXPORT_RESERVED", format!("export {name}")),
        None => Ok("none used".to_string()),
    }
}

fn one_memory(survey: &Survey) -> Outcome {
    match survey.memories[..] {
        [_] => Ok("one".to_string()),
        _ => refuse(
            "E_ADMIT_MEMORY",
            format!("{} memories", survey.memories.len()),
        ),
    }
}

fn memory_minimum(survey: &Survey) -> Outcome {
    let pages = survey.memories.first().map_or(0, |m| m.initial);
    at_most(
        "E_ADMIT_MEMORY_MIN",
        pages,
        limits::MEMORY_MIN_PAGES,
        "pages at the start",
    )
}

fn memory_maximum(survey: &Survey) -> Outcome {
    match survey.memories.first().and_then(|m| m.maximum) {
        Some(pages) => at_most(
            "E_ADMIT_MEMORY_MAX",
            pages,
            limits::MEMORY_MAX_PAGES,
            "pages at most",
        ),
        None => Ok("the limit of each call".to_string()),
    }
}

fn tables(survey: &Survey) -> Outcome {
    if survey.tables.len() > 1 {
        return refuse("E_ADMIT_TABLES", format!("{} tables", survey.tables.len()));
    }
    let entries = survey.tables.first().map_or(0, |t| t.initial);
    at_most(
        "E_ADMIT_TABLE_SIZE",
        entries,
        limits::TABLE_ENTRIES,
        "table entries",
    )
}

fn types(survey: &Survey) -> Outcome {
    let parameters = survey.types.iter().flatten().map(|t| t.params().len());
    let most = parameters.max().unwrap_or(0);
    at_most("E_ADMIT_PARAMETERS", most, limits::PARAMETERS, "parameters")?;
    at_most("E_ADMIT_TYPES", survey.types.len(), limits::TYPES, "types")
}

fn functions(survey: &Survey) -> Outcome {
    let count = survey.defined_functions();
    at_most("E_ADMIT_FUNCTIONS", count, limits::FUNCTIONS, "functions")
}

fn globals(survey: &Survey) -> Outcome {
    let count = survey.globals.len();
    at_most("E_ADMIT_GLOBALS", count, limits::GLOBALS, "globals")
}

fn segments(survey: &Survey) -> Outcome {
    at_most(
        "E_ADMIT_ELEMENTS",
        survey.element_segments,
        limits::ELEMENT_SEGMENTS,
        "element segments",
    )?;
    at_most(
        "E_ADMIT_DATA",
        survey.data_segments,
        limits::DATA_SEGMENTS,
        "data segments",
    )
}

fn code(survey: &Survey) -> Outcome {
    let bytes = survey.bodies.iter().map(|b| b.bytes).sum();
    at_most("E_ADMIT_CODE", bytes, limits::CODE_BYTES, "bytes of code")
}

fn bodies(survey: &Survey) -> Outcome {
    let largest = survey.bodies.iter().map(|b| b.bytes).max().unwrap_or(0);
    at_most(
        "E_ADMIT_BODY",
        largest,
        limits::BODY_BYTES,
        "bytes in the largest function",
    )
}

fn locals(survey: &Survey) -> Outcome {
    let most = survey.bodies.iter().map(|b| b.locals).max().unwrap_or(0);
    at_most(
        "E_ADMIT_LOCALS",
        most,
        limits::LOCALS,
        "locals in one function",
    )?;
    let all = survey.bodies.iter().map(|b| b.locals).sum();
    at_most("E_ADMIT_LOCALS", all, limits::ALL_LOCALS, "locals")
}

fn complexity(survey: &Survey) -> Outcome {
    let all = survey.bodies.iter().map(survey::Body::complexity).sum();
    let what = "variables times branches";
    at_most("E_ADMIT_COMPLEXITY", all, limits::COMPLEXITY, what)
}

fn start(survey: &Survey) -> Outcome {
    match survey.start {
        Some(function) => refuse(
            "E_ADMIT_START",
            format!("function {function} is a start function"),
        ),
        None => Ok("none".to_string()),
    }
}

fn descriptor(survey: &Survey) -> Outcome {
    match survey.descriptors[..] {
        [one] => at_most(
            "E_ADMIT_DESCRIPTOR_SIZE",
            one.len(),
            limits::DESCRIPTOR_BYTES,
            "bytes",
        ),
        _ => refuse(
            "E_ADMIT_DESCRIPTOR",
            format!("{} sections {DESCRIPTOR_SECTION}", survey.descriptors.len()),
        ),
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
