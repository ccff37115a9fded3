//! Memory for one call.
//!
//! Each call has a fresh instance that the host throws away, so nothing is ever given back but the last
//! block: a pointer that moves up. The default allocator would grow the memory on every call, which
//! costs two system calls of the host; here the call's memory limit alone bounds what is used.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32;
use core::cell::Cell;

const PAGE: usize = 64 * 1024;

struct Bump {
    /// First free address; 0 before the first block.
    top: Cell<usize>,
}

// One instance is one thread: the module has no shared memory (admission sees to it).
unsafe impl Sync for Bump {}

#[global_allocator]
static ALLOCATOR: Bump = Bump { top: Cell::new(0) };

extern "C" {
    // The linker's mark of the end of all static data.
    static __heap_base: u8;
}

impl Bump {
    /// Make `end` the first free address, growing the memory if it must.
    fn move_to(&self, end: usize) -> bool {
        let have = wasm32::memory_size(0).saturating_mul(PAGE);
        if end > have && wasm32::memory_grow(0, (end - have + PAGE - 1) / PAGE) == usize::MAX {
            return false;
        }
        self.top.set(end);
        true
    }

    fn is_last(&self, block: *mut u8, size: usize) -> bool {
        block as usize + size == self.top.get()
    }
}

unsafe impl GlobalAlloc for Bump {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let top = match self.top.get() {
            0 => core::ptr::addr_of!(__heap_base) as usize,
            top => top,
        };
        let mask = layout.align() - 1;
        let end = top.checked_add(mask).map(|start| start & !mask);
        match end.and_then(|start| Some((start, start.checked_add(layout.size())?))) {
            Some((start, end)) if self.move_to(end) => start as *mut u8,
            _ => core::ptr::null_mut(),
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.is_last(block, layout.size()) {
            self.top.set(block as usize);
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if self.is_last(block, layout.size()) {
            return match (block as usize).checked_add(size) {
                Some(end) if self.move_to(end) => block,
                _ => core::ptr::null_mut(),
            };
        }
        if size <= layout.size() {
            return block;
        }
        let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
        if !moved.is_null() {
            core::ptr::copy_nonoverlapping(block, moved, layout.size());
        }
        moved
    }
}
