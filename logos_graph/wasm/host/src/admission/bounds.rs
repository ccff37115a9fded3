//! How much of anything a module may have: a check for each, with the number and its limit.

use super::code::Body;
use super::survey::Survey;
use super::{limits, Check};

/// A count that stays within a limit.
pub struct Bound {
    pub name: &'static str,
    pub code: &'static str,
    limit: u64,
    what: &'static str,
    count: fn(&Survey) -> u64,
}

impl Bound {
    pub fn check(&self, survey: &Survey) -> Check {
        let found = at_most((self.count)(survey), self.limit, self.what);
        Check::new(self.name, self.code, found)
    }

    /// What it asks, in words.
    pub fn demand(&self) -> String {
        format!("at most {} {}", self.limit, self.what)
    }
}

/// The count with what is counted; with its limit too when it is passed.
pub fn at_most(found: u64, limit: u64, what: &str) -> Result<String, String> {
    if found > limit {
        return Err(format!("{found} {what}, the limit is {limit}"));
    }
    Ok(format!("{found} {what}"))
}

macro_rules! bounds {
    ($($name:literal $code:literal $limit:ident $what:literal $count:expr;)*) => {
        /// Every one of them, in the order of the report.
        pub const BOUNDS: &[Bound] = &[$(
            Bound {
                name: $name,
                code: $code,
                limit: limits::$limit as u64,
                what: $what,
                count: $count,
            }
        ),*];
    };
}

bounds! {
    "types" "E_ADMIT_TYPES" TYPES "types" |s| s.types.len() as u64;
    "parameters" "E_ADMIT_PARAMETERS" PARAMETERS "parameters of one function"
        |s| most(s.types.iter().flatten().map(|t| t.params().len() as u64));
    "results" "E_ADMIT_RESULTS" RESULTS "results of one function"
        |s| most(s.types.iter().flatten().map(|t| t.results().len() as u64));
    "import-count" "E_ADMIT_IMPORTS" IMPORTS "imports" |s| s.imports.len() as u64;
    "functions" "E_ADMIT_FUNCTIONS" FUNCTIONS "functions" |s| s.defined_functions() as u64;
    "tables" "E_ADMIT_TABLES" TABLES "tables" |s| s.tables.len() as u64;
    "table-minimum" "E_ADMIT_TABLE_MIN" TABLE_ENTRIES "table entries at the start"
        |s| most(s.tables.iter().map(|table| table.initial));
    "table-maximum" "E_ADMIT_TABLE_MAX" TABLE_ENTRIES "table entries at most"
        |s| most(s.tables.iter().filter_map(|table| table.maximum));
    "memories" "E_ADMIT_MEMORIES" MEMORIES "memories" |s| s.memories.len() as u64;
    "memory-minimum" "E_ADMIT_MEMORY_MIN" MEMORY_MIN_PAGES "pages at the start"
        |s| most(s.memories.iter().map(|memory| memory.initial));
    "memory-maximum" "E_ADMIT_MEMORY_MAX" MEMORY_MAX_PAGES "pages at most"
        |s| most(s.memories.iter().filter_map(|memory| memory.maximum));
    "globals" "E_ADMIT_GLOBALS" GLOBALS "globals" |s| s.globals.len() as u64;
    "export-count" "E_ADMIT_EXPORTS" EXPORTS "exports" |s| s.exports.len() as u64;
    "element-segments" "E_ADMIT_ELEMENTS" ELEMENT_SEGMENTS "element segments"
        |s| s.element_segments;
    "element-entries" "E_ADMIT_ELEMENT_ENTRIES" TABLE_ENTRIES "entries of element segments"
        |s| s.elements;
    "data-segments" "E_ADMIT_DATA" DATA_SEGMENTS "data segments" |s| s.data_segments;
    "custom-sections" "E_ADMIT_CUSTOM" CUSTOM_SECTIONS "custom sections" |s| s.custom_sections;
    "custom-bytes" "E_ADMIT_CUSTOM_BYTES" CUSTOM_BYTES
        "bytes of custom sections besides the descriptor" |s| s.custom_bytes;
    "code" "E_ADMIT_CODE" CODE_BYTES "bytes of code" |s| sum(s, |body| body.bytes as u64);
    "function-code" "E_ADMIT_BODY" BODY_BYTES "bytes of code in the largest function"
        |s| largest(s, |body| body.bytes as u64);
    "locals" "E_ADMIT_LOCALS" LOCALS "locals in one function" |s| largest(s, |body| body.locals);
    "all-locals" "E_ADMIT_ALL_LOCALS" ALL_LOCALS "locals of all functions"
        |s| sum(s, |body| body.locals);
    "nesting" "E_ADMIT_NESTING" NESTING "blocks inside of one another"
        |s| largest(s, |body| body.nesting);
    "operands" "E_ADMIT_OPERANDS" OPERANDS "operands of calls" |s| s.operands;
    "complexity" "E_ADMIT_COMPLEXITY" COMPLEXITY "units of the compiler's work"
        |s| sum(s, Body::complexity);
}

fn most(counts: impl Iterator<Item = u64>) -> u64 {
    counts.max().unwrap_or(0)
}

fn largest(survey: &Survey, count: fn(&Body) -> u64) -> u64 {
    most(survey.bodies.iter().map(count))
}

fn sum(survey: &Survey, count: fn(&Body) -> u64) -> u64 {
    survey.bodies.iter().map(count).fold(0, u64::saturating_add)
}
