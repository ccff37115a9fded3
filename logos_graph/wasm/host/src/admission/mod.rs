//! Admission: what an untrusted module must be before it is compiled. Nothing is executed, the
//! time is linear in the module's bytes, and each check has its own code and names the culprit.
//!
//! 1. Its size, before anything is read.
//! 2. It is a module, and can be read to its end. One pass collects the facts ([`survey`]).
//! 3. It uses no foreign feature: a check for each ([`features`]).
//! 4. Nothing in it passes its bound: a check for each ([`bounds`]).
//! 5. It is valid. The validator does work that the bytes alone do not bound (a call of two bytes
//!    takes as many steps as its function has parameters, and so does a branch out of a block of
//!    several values: seconds for a module of one MiB), so it sees only what has passed 3 and 4.
//! 6. It fits this host: imports, exports, memory, descriptor ([`rules`]).

mod bounds;
mod code;
mod features;
pub mod imports;
#[cfg(feature = "python")]
pub mod listing;
mod operators;
mod rules;
pub mod survey;

use crate::limits;
use features::{Feature, FEATURES};
use survey::Survey;
use wasmparser::Validator;

/// Exports that begin so are the meter's; a module may not bring one.
pub const RESERVED_PREFIX: &str = "logos$";

/// A check that failed: a stable code and the offending name or number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: &'static str,
    pub detail: String,
}

/// One named check with what it found, or why it refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub outcome: Result<String, Refusal>,
}

impl Check {
    fn new(name: &'static str, code: &'static str, found: Result<String, String>) -> Self {
        let refusal = |detail: String| Refusal {
            code,
            detail: printable(&detail),
        };
        Check {
            name,
            outcome: found.map(|text| printable(&text)).map_err(refusal),
        }
    }
}

/// Everything that admission says about a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// In the order of [`all_checks`]; a binary that cannot be read has only those up to
    /// `well-formed`.
    pub checks: Vec<Check>,
    /// The bytes of the descriptor, when there is exactly one and it is not too long.
    pub descriptor: Option<Vec<u8>>,
    /// The imported functions, as (module, name), in the module's order.
    pub imports: Vec<(String, String)>,
}

impl Inspection {
    /// The first check that refuses.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.checks.iter().find_map(|c| c.outcome.as_ref().err())
    }

    /// Notes a check's outcome; `false` when it refuses.
    fn passes(&mut self, check: Check) -> bool {
        let passed = check.outcome.is_ok();
        self.checks.push(check);
        passed
    }
}

const SIZE: (&str, &str) = ("size", "E_ADMIT_SIZE");
const MODULE: (&str, &str) = ("core-module", "E_ADMIT_COMPONENT");
const WELL_FORMED: (&str, &str) = ("well-formed", "E_ADMIT_MALFORMED");
const VALID: (&str, &str) = ("valid", "E_ADMIT_INVALID");

/// A check as documents list it: its name, the code of its refusal, and what it demands.
pub type Listed = (&'static str, &'static str, String);

/// Every check, in the order of the report.
pub fn all_checks() -> Vec<Listed> {
    let list = |(name, code), demand: &str| (name, code, demand.to_string());
    let size = format!("at most {} bytes", limits::MODULE_BYTES);
    let mut all = vec![
        list(SIZE, &size),
        list(MODULE, "a module, not a component"),
        list(
            WELL_FORMED,
            "binary WebAssembly that can be read to its end",
        ),
    ];
    let feature = |row: &features::Row| list((row.name, row.code), "not used");
    all.extend(FEATURES.iter().map(feature));
    let bound = |bound: &bounds::Bound| list((bound.name, bound.code), &bound.demand());
    all.extend(bounds::BOUNDS.iter().map(bound));
    all.push(list(VALID, "well typed, every index in its range"));
    let rule = |rule: &rules::Rule| list((rule.name, rule.code), rule.demand);
    all.extend(rules::RULES.iter().map(rule));
    all
}

/// Judges `wasm` for a node that holds the capabilities `granted`.
pub fn inspect(wasm: &[u8], granted: &[String]) -> Inspection {
    let mut inspection = Inspection {
        checks: Vec::new(),
        descriptor: None,
        imports: Vec::new(),
    };
    let found = inspection.passes(Check::new(SIZE.0, SIZE.1, size(wasm))) // 1
        && inspection.passes(Check::new(MODULE.0, MODULE.1, core_module(wasm)));
    if !found {
        return inspection;
    }
    let (survey, readable) = match Survey::of(wasm) {
        Ok(survey) => (survey, Ok("read to its end".to_string())),
        Err(_) if !wasm.starts_with(b"\0asm") => (
            Survey::default(),
            Err("no WebAssembly: that begins with the bytes 00 61 73 6d".to_string()),
        ),
        Err(error) => (Survey::default(), Err(error.to_string())),
    };
    if !inspection.passes(Check::new(WELL_FORMED.0, WELL_FORMED.1, readable)) {
        return inspection; // 2
    }
    judge(wasm, &survey, granted, &mut inspection);
    inspection.descriptor = rules::descriptor(&survey).map(<[u8]>::to_vec);
    inspection.imports = survey
        .imports
        .iter()
        .map(|import| (import.module.to_string(), import.name.to_string()))
        .collect();
    inspection
}

fn judge(wasm: &[u8], survey: &Survey, granted: &[String], inspection: &mut Inspection) {
    let bounds: Vec<_> = bounds::BOUNDS.iter().map(|b| b.check(survey)).collect(); // 4
    let bounded = bounds.iter().all(|check| check.outcome.is_ok());
    let native = FEATURES
        .iter()
        .all(|row| survey.foreign.first(row.feature).is_none());
    let (missing, valid) = if bounded && native {
        validate(wasm) // 5
    } else {
        (None, Ok("not judged: refused before".to_string()))
    };
    for row in FEATURES {
        let validators = missing.as_ref().filter(|(found, _)| *found == row.feature);
        let used = survey.foreign.first(row.feature);
        let used = used.or(validators.map(|(_, message)| message.as_str()));
        let found = used.map_or(Ok("not used".to_string()), |place| Err(place.to_string()));
        inspection.passes(Check::new(row.name, row.code, found)); // 3
    }
    inspection.checks.extend(bounds);
    inspection.passes(Check::new(VALID.0, VALID.1, valid));
    for rule in rules::RULES {
        let found = (rule.judge)(survey, granted);
        inspection.passes(Check::new(rule.name, rule.code, found)); // 6
    }
}

fn size(wasm: &[u8]) -> Result<String, String> {
    bounds::at_most(wasm.len() as u64, limits::MODULE_BYTES as u64, "bytes")
}

/// A component has the magic number of a module, and in the version's upper half another layer.
fn core_module(wasm: &[u8]) -> Result<String, String> {
    match wasm {
        [0, b'a', b's', b'm', _, _, layer @ (1..), _, ..] => {
            Err(format!("layer {layer}: a component, not a module"))
        }
        _ => Ok("no component".to_string()),
    }
}

/// A foreign feature that the survey does not know by sight, and whether the module is valid.
type Validity = (Option<(Feature, String)>, Result<String, String>);

fn validate(wasm: &[u8]) -> Validity {
    match Validator::new_with_features(features::of_nodes()).validate_all(wasm) {
        Ok(_) => (None, Ok("valid WebAssembly".to_string())),
        Err(error) => match features::missing(&error) {
            Some(feature) => (
                Some((feature, error.to_string())),
                Ok("not without a foreign feature".to_string()),
            ),
            None => (None, Err(error.to_string())),
        },
    }
}

/// Longest detail of a check, in characters: names in a module may be as long as the module.
const DETAIL: usize = 1_000;

/// Text out of a module, made fit for a terminal: control and invisible characters are escaped.
fn printable(text: &str) -> String {
    let shown = |c: char| -> String {
        match c {
            '\'' | '"' | '\\' => c.to_string(),
            _ => c.escape_debug().collect(),
        }
    };
    let mut out: String = text.chars().take(DETAIL).map(shown).collect();
    if text.chars().nth(DETAIL).is_some() {
        out.push('…');
    }
    out
}

/// Native stack of each defined function, in order; see [`frame_bytes`].
/// The module must have passed [`inspect`].
pub fn frame_sizes(wasm: &[u8]) -> wasmparser::Result<Vec<u32>> {
    let survey = Survey::of(wasm)?;
    let frame = |b: &code::Body| frame_bytes(b.bytes, b.parameters + b.locals);
    Ok(survey.bodies.iter().map(frame).collect())
}

/// An upper bound of a function's native frame in bytes, from the module alone. `variables` are its
/// parameters and locals.
///
/// What is live in a frame is a parameter, a local, or the result of an operator that a later one
/// uses: at least three bytes of code each, in at most sixteen bytes of stack. The constant is for
/// return address, saved registers and the meter's own values.
pub fn frame_bytes(body_bytes: usize, variables: u64) -> u32 {
    let values = body_bytes as u64 + variables;
    // Admission bounds both; the clamp only says so to the type.
    (256 + 8 * values).min(u64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests;
