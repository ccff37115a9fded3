//! Traps arrive as signals. A library that installs its own handlers after the engine's first use
//! (`faulthandler.enable()` does) would turn the next trap of a node into the end of the process:
//! so the engine's handlers are remembered, and put back before a call when they were replaced.

use std::sync::OnceLock;
use wasmer::sys::EngineBuilder;

const SIGNALS: [i32; 3] = [libc::SIGSEGV, libc::SIGILL, libc::SIGFPE];

static INSTALLED: OnceLock<[libc::sigaction; 3]> = OnceLock::new();

fn current(signal: i32) -> libc::sigaction {
    // SAFETY: all-zero bytes are a sigaction; with no new action the call only reads.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &mut action);
        action
    }
}

/// Lets the engine install its handlers (a first store does), and puts them back when somebody
/// has replaced them since. To be called before each run of a node.
pub fn ensure() {
    let ours = INSTALLED.get_or_init(|| {
        drop(wasmer::Store::new(wasmer::Engine::from(
            EngineBuilder::headless().engine(),
        )));
        SIGNALS.map(current)
    });
    for (signal, action) in SIGNALS.iter().zip(ours) {
        if current(*signal).sa_sigaction != action.sa_sigaction {
            // SAFETY: `action` is what the engine itself installed for this signal.
            unsafe { libc::sigaction(*signal, action, std::ptr::null_mut()) };
        }
    }
}
