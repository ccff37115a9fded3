//! Pooled linear memories: a slot is one reservation of address space, used again by call after
//! call and wiped in between.
//!
//! Code is compiled for `MemoryStyle::Static`: it does not check bounds. What keeps a node inside
//! its memory is that all of the 8 GiB that a 32-bit address and a 32-bit offset can reach belong
//! to the slot, and that nothing but the first `size` bytes of them is accessible.

use crate::limits::PAGE as PAGE_BYTES;
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};
use wasmer::sys::Tunables;
use wasmer_types::{MemoryError, MemoryStyle, MemoryType, Pages, TableType};
use wasmer_vm::{
    LinearMemory, TableStyle, VMConfig, VMMemory, VMMemoryDefinition, VMTable, VMTableDefinition,
};

const PAGE: usize = PAGE_BYTES as usize;
/// Every address a node can form (4 GiB + 4 GiB), and a page for the last access's width.
const RESERVED: usize = (1 << 33) + PAGE;
/// Up to here memory is wiped by writing; above, the pages are given back to the kernel.
const WIPED_BY_WRITING: usize = 256 << 10;
/// Idle slots kept; each costs address space and at most `WIPED_BY_WRITING` bytes of memory.
const MAX_IDLE: usize = 64;

thread_local! {
    /// Pages that the call on this thread may have.
    static LIMIT: Cell<u32> = const { Cell::new(0) };
    /// Pages that the call on this thread asked for and did not get.
    static REFUSED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// A call's turn on its thread. Calls may be nested: at its end the outer one goes on.
pub struct Turn {
    outer: (u32, Option<u64>),
}

/// Starts a call on this thread: it may have `pages`.
pub fn begin(pages: u32) -> Turn {
    Turn {
        outer: (LIMIT.replace(pages), REFUSED.replace(None)),
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        LIMIT.set(self.outer.0);
        REFUSED.set(self.outer.1);
    }
}

/// The pages that the call on this thread last asked for in vain.
pub fn refused() -> Option<u64> {
    REFUSED.get()
}

/// One reservation; its first `accessible` bytes can be read and written.
#[derive(Debug)]
struct Slot {
    base: NonNull<u8>,
    accessible: usize,
}

// SAFETY: a slot owns its mapping; nothing else points into it while it lies in the pool.
unsafe impl Send for Slot {}
// SAFETY: `&Slot` gives no access to the mapping.
unsafe impl Sync for Slot {}

impl Slot {
    fn reserve() -> Result<Slot, MemoryError> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE;
        // SAFETY: a fresh anonymous mapping at an address of the kernel's choice.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                RESERVED,
                libc::PROT_NONE,
                flags,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(system_error());
        }
        let base = NonNull::new(base.cast()).ok_or_else(system_error)?;
        Ok(Slot {
            base,
            accessible: 0,
        })
    }

    /// Makes exactly the first `bytes` accessible (a multiple of the page size, at most 4 GiB).
    fn set_accessible(&mut self, bytes: usize) -> Result<(), MemoryError> {
        let (from, to, protection) = if bytes > self.accessible {
            (self.accessible, bytes, libc::PROT_READ | libc::PROT_WRITE)
        } else {
            (bytes, self.accessible, libc::PROT_NONE)
        };
        if from == to {
            return Ok(());
        }
        // SAFETY: from..to lies within the mapping that this slot owns.
        let done =
            unsafe { libc::mprotect(self.base.as_ptr().add(from).cast(), to - from, protection) };
        if done != 0 {
            return Err(system_error());
        }
        self.accessible = bytes;
        Ok(())
    }

    /// Back to zero; past `used` nothing can have been written. False: the slot is unusable.
    fn wipe(&mut self, used: usize) -> bool {
        let written = used.min(WIPED_BY_WRITING);
        // SAFETY: `used` bytes are accessible, and no instance holds this memory any more.
        unsafe {
            std::ptr::write_bytes(self.base.as_ptr(), 0, written);
            let rest = self.base.as_ptr().add(written).cast();
            used == written || libc::madvise(rest, used - written, libc::MADV_DONTNEED) == 0
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // SAFETY: the mapping is this slot's own, and is not used after.
        unsafe { libc::munmap(self.base.as_ptr().cast(), RESERVED) };
    }
}

fn system_error() -> MemoryError {
    MemoryError::Region(std::io::Error::last_os_error().to_string())
}

/// Idle slots of the whole process; each is wiped.
static IDLE: Mutex<Vec<Slot>> = Mutex::new(Vec::new());

fn take(bytes: usize) -> Result<Slot, MemoryError> {
    let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut slot = idle.map_or_else(Slot::reserve, Ok)?;
    slot.set_accessible(bytes)?;
    Ok(slot)
}

fn give_back(mut slot: Slot, used: usize) {
    if !slot.wipe(used) {
        return; // dropped: unmapped
    }
    let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    if idle.len() < MAX_IDLE {
        idle.push(slot);
    }
}

/// The memory of one instance.
#[derive(Debug)]
struct PooledMemory {
    /// `None` only while it is dropped.
    slot: Option<Slot>,
    /// Lives in the instance, which outlives its memory.
    definition: NonNull<VMMemoryDefinition>,
    kind: MemoryType,
    size: Pages,
    maximum: Pages,
}

// SAFETY: the definition is only reached through the instance, which one thread uses at a time.
unsafe impl Send for PooledMemory {}
// SAFETY: as above; `&PooledMemory` only reads plain numbers.
unsafe impl Sync for PooledMemory {}

impl Drop for PooledMemory {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            give_back(slot, self.size.0 as usize * PAGE);
        }
    }
}

impl LinearMemory for PooledMemory {
    fn ty(&self) -> MemoryType {
        MemoryType {
            minimum: self.size,
            ..self.kind
        }
    }

    fn size(&self) -> Pages {
        self.size
    }

    fn style(&self) -> MemoryStyle {
        MemoryStyle::Static
    }

    fn grow(&mut self, delta: Pages) -> Result<Pages, MemoryError> {
        let before = self.size;
        let wanted = u64::from(before.0) + u64::from(delta.0);
        if wanted > u64::from(self.maximum.0) {
            REFUSED.set(Some(wanted));
            return Err(MemoryError::CouldNotGrow {
                current: before,
                attempted_delta: delta,
            });
        }
        let bytes = wanted as usize * PAGE;
        if let Some(slot) = self.slot.as_mut() {
            slot.set_accessible(bytes)?;
        }
        self.size = Pages(wanted as u32);
        // SAFETY: see `definition`.
        unsafe { self.definition.as_mut().current_length = bytes };
        Ok(before)
    }

    fn vmmemory(&self) -> NonNull<VMMemoryDefinition> {
        self.definition
    }

    fn try_clone(&self) -> Result<Box<dyn LinearMemory + Send + Sync>, MemoryError> {
        Err(MemoryError::MemoryNotShared)
    }

    fn copy(&self) -> Result<Box<dyn LinearMemory + Send + Sync>, MemoryError> {
        Err(MemoryError::MemoryNotShared)
    }
}

/// How instances get their memory, table and stack.
pub struct Pooled {
    vm: VMConfig,
}

impl Pooled {
    /// Instances that run on native stacks of `stack_bytes`.
    pub fn new(stack_bytes: usize) -> Self {
        Pooled {
            vm: VMConfig {
                wasm_stack_size: Some(stack_bytes),
            },
        }
    }
}

impl Tunables for Pooled {
    fn max_table_elements(&self) -> u32 {
        crate::limits::TABLE_ENTRIES as u32
    }

    fn memory_style(&self, _memory: &MemoryType) -> MemoryStyle {
        MemoryStyle::Static
    }

    fn table_style(&self, _table: &TableType) -> TableStyle {
        TableStyle::CallerChecksSignature
    }

    fn create_host_memory(
        &self,
        _kind: &MemoryType,
        _style: &MemoryStyle,
    ) -> Result<VMMemory, MemoryError> {
        Err(MemoryError::Generic("memories are not imported".into()))
    }

    unsafe fn create_vm_memory(
        &self,
        kind: &MemoryType,
        _style: &MemoryStyle,
        mut definition: NonNull<VMMemoryDefinition>,
    ) -> Result<VMMemory, MemoryError> {
        let limit = LIMIT.get();
        if kind.minimum.0 > limit {
            REFUSED.set(Some(u64::from(kind.minimum.0)));
            return Err(MemoryError::Generic("over the call's limit".into()));
        }
        let bytes = kind.minimum.0 as usize * PAGE;
        let slot = take(bytes)?;
        // SAFETY: wasmer hands over the instance's own definition, to be filled in here.
        unsafe {
            let definition = definition.as_mut();
            definition.base = slot.base.as_ptr();
            definition.current_length = bytes;
        }
        Ok(VMMemory(Box::new(PooledMemory {
            slot: Some(slot),
            definition,
            kind: *kind,
            size: kind.minimum,
            maximum: Pages(kind.maximum.map_or(limit, |m| m.0.min(limit))),
        })))
    }

    fn create_host_table(&self, kind: &TableType, style: &TableStyle) -> Result<VMTable, String> {
        VMTable::new(kind, style)
    }

    unsafe fn create_vm_table(
        &self,
        kind: &TableType,
        style: &TableStyle,
        definition: NonNull<VMTableDefinition>,
    ) -> Result<VMTable, String> {
        // SAFETY: passed on as it came.
        unsafe { VMTable::from_definition(kind, style, definition) }
    }

    fn vmconfig(&self) -> &VMConfig {
        &self.vm
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_comes_back_zeroed() {
        let mut slot = Slot::reserve().unwrap();
        let bytes = WIPED_BY_WRITING + 2 * PAGE;
        slot.set_accessible(bytes).unwrap();
        // SAFETY: `bytes` are accessible, and this test alone holds the slot.
        let memory = unsafe { std::slice::from_raw_parts_mut(slot.base.as_ptr(), bytes) };
        memory.fill(0xa5);
        assert!(slot.wipe(bytes));
        assert!(memory.iter().all(|&byte| byte == 0));
    }

    #[test]
    fn a_slot_shrinks_and_grows_again() {
        let mut slot = Slot::reserve().unwrap();
        for pages in [3, 1, 0, 256, 2] {
            slot.set_accessible(pages * PAGE).unwrap();
            assert_eq!(slot.accessible, pages * PAGE);
        }
    }
}
