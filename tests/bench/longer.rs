// About 100 µs of computing: what threads gain is not hidden by the cost of a call.

use logos_sdk::prelude::*;

node! {
    /// So many steps of a xorshift generator.
    fn longer(steps: u32) -> state: u64 {
        let mut state: u64 = 88_172_645_463_325_252;
        for _ in 0..steps {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }
        state
    }
}
