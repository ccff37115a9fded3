//! What compiled code depends on besides the module: this crate, its locked dependencies, and the
//! processor.

use std::sync::LazyLock;
use wasmer::sys::{CpuFeature, Target, Triple};

// Everything that decides what is compiled, and how.
macro_rules! sources {
    ($($path:literal),* $(,)?) => {
        const SOURCES: &[&[u8]] = &[include_bytes!("../Cargo.lock"), $(include_bytes!($path)),*];
        #[cfg(test)]
        const PATHS: &[&str] = &[$($path),*];
    };
}
sources![
    "limits.rs",
    "meter.rs",
    "module.rs",
    "pool.rs",
    "prices.rs",
    // A restored artefact is not admitted again: it stands for the admission of its own build.
    "admission/mod.rs",
    "admission/bounds.rs",
    "admission/code.rs",
    "admission/features.rs",
    "admission/imports.rs",
    "admission/listing.rs",
    "admission/operators.rs",
    "admission/rules.rs",
    "admission/survey.rs",
];

static ID: LazyLock<String> = LazyLock::new(|| {
    let features = format!("{:?}", target().cpu_features());
    let mut parts: Vec<&[u8]> = SOURCES.to_vec();
    parts.push(features.as_bytes());
    format!("{}-{:016x}", env!("CARGO_PKG_VERSION"), fnv1a(&parts))
});

/// Names this build of the host on this kind of processor. An artefact is restored only where the
/// same id stands. It tells builds apart; against forgery stands the MAC over the artefact.
pub fn id() -> &'static str {
    &ID
}

/// This machine: its own operating system and all of its processor's features.
pub fn target() -> Target {
    Target::new(Triple::host(), CpuFeature::for_host())
}

/// FNV-1a, 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>), each part ended by a byte that
/// no text holds.
fn fnv1a(parts: &[&[u8]]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    parts.iter().fold(0xcbf2_9ce4_8422_2325, |hash, part| {
        step(part.iter().fold(hash, step), &0xff)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_of_admission_is_part_of_the_id() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/admission");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = format!("admission/{}", entry.unwrap().file_name().to_str().unwrap());
            let tests = path.contains("tests");
            assert!(tests || PATHS.contains(&path.as_str()), "{path}");
        }
    }

    #[test]
    fn the_hash_is_fnv1a() {
        // "a" and the end byte, by the published constants.
        let a = (0xcbf2_9ce4_8422_2325_u64 ^ 0x61).wrapping_mul(0x0100_0000_01b3);
        assert_eq!(a, 0xaf63_dc4c_8601_ec8c); // the specification's value for "a"
        assert_eq!(fnv1a(&[b"a"]), (a ^ 0xff).wrapping_mul(0x0100_0000_01b3));
        assert_ne!(fnv1a(&[b"ab", b"c"]), fnv1a(&[b"a", b"bc"]));
    }
}
