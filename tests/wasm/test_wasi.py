"""WASI preview 1: what it answers, and a program on Rust's standard library that uses all of it."""

from __future__ import annotations

import base64
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from logos_wasm_host import IMPORTS

from logos_graph.canon import ContentId, Json, content_id
from logos_graph.errors import Rejected
from logos_graph.execution.executor import NodeFailure
from logos_graph.wasm.admission import admit
from logos_graph.wasm.runtime import WasmHost
from tests.wasm.guests import module

WASI = tuple(name for module, name, *_ in IMPORTS if module.startswith("wasi"))
SUCCESS, BADF, FAULT, INVAL, NOTDIR, NOTSOCK, NOTSUP, SPIPE = 0, 8, 21, 28, 54, 57, 58, 70


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> WasmHost:
    return WasmHost(tmp_path_factory.mktemp("compiled"), b"a key of this test only")


def loaded(host: WasmHost, wasm: bytes) -> ContentId:
    host.load(content_id(wasm), wasm)
    return content_id(wasm)


Call = Callable[..., tuple[int, bytes]]


@pytest.fixture(scope="module")
def call(host: WasmHost) -> Call:
    def call(name: str, *arguments: int, data: str = "", length: int = 8) -> tuple[int, bytes]:
        """The errno, and what then stands at 256; `data` stands at 128."""
        kinds = next(row[2] for row in IMPORTS if row[1] == name).split()
        given = "".join(f"({k}.const {a})" for k, a in zip(kinds, arguments, strict=True))
        body = f"""(i32.store (i32.const 252) (call $wasi_{name} {given}))
          (i32.store8 (i32.const 251) (i32.const 0))
          (i64.const {251 << 32 | 5 + length})"""
        wasm = module(body, f'(data (i32.const 128) "{data}")', names=(name,))
        output = host.call(loaded(host, wasm), b"", answers).output
        return int.from_bytes(output[:4], "little"), output[4:]

    return call


TIME = 1_700_000_000_123_456_789


def answers(operation: str, arguments: dict[str, Json]) -> dict[str, Json]:
    if operation == "clock.now":
        return {"time": TIME}
    assert operation == "random.bytes"
    count = arguments["count"]
    assert isinstance(count, int)
    return {"bytes": base64.b64encode(b"r" * count).decode()}


@pytest.mark.parametrize("name", ["args", "environ"])
def test_there_are_no_arguments_and_no_environment(call: Call, name: str) -> None:
    assert call(f"{name}_sizes_get", 256, 260) == (SUCCESS, bytes(8))
    assert call(f"{name}_get", 256, 260) == (SUCCESS, bytes(8))


@pytest.mark.parametrize("clock", [0, 1])
def test_both_clocks_give_the_answer_of_the_outside(call: Call, clock: int) -> None:
    assert call("clock_time_get", clock, 0, 256) == (SUCCESS, struct.pack("<Q", TIME))
    assert call("clock_res_get", clock, 256) == (SUCCESS, struct.pack("<Q", 1))


def test_other_clocks_are_not_there(call: Call) -> None:
    for clock in (2, 3, 4, -1):
        assert call("clock_time_get", clock, 0, 256) == (INVAL, bytes(8))
        assert call("clock_res_get", clock, 256) == (INVAL, bytes(8))


def test_random_bytes_are_those_of_the_outside(call: Call) -> None:
    assert call("random_get", 256, 5) == (SUCCESS, b"rrrrr\0\0\0")
    assert call("random_get", 256, 65_537) == (INVAL, bytes(8))


def test_standard_input_is_at_its_end_and_the_outputs_take_everything(call: Call) -> None:
    buffers = r"\10\00\00\00\03\00\00\00\20\00\00\00\04\00\00\00"
    assert call("fd_write", 1, 128, 2, 256, data=buffers) == (SUCCESS, struct.pack("<Q", 7))
    assert call("fd_write", 2, 128, 1, 256, data=buffers) == (SUCCESS, struct.pack("<Q", 3))
    assert call("fd_read", 0, 128, 2, 256, data=buffers) == (SUCCESS, bytes(8))
    assert call("fd_write", 0, 128, 2, 256, data=buffers)[0] == BADF
    assert call("fd_read", 1, 128, 2, 256, data=buffers)[0] == BADF


def test_a_buffer_out_of_bounds_is_a_fault(call: Call) -> None:
    assert call("fd_write", 1, 128, 1, 256, data=r"\ff\ff\00\00\02\00\00\00")[0] == FAULT
    assert call("fd_write", 1, -4, 1, 256)[0] == FAULT
    assert call("fd_write", 1, 128, 1, -1, data=bytes(8).hex())[0] == FAULT


def test_the_streams_are_devices_and_nothing_else_is_open(call: Call) -> None:
    errno, fdstat = call("fd_fdstat_get", 1, 256, length=24)
    assert (errno, fdstat) == (SUCCESS, struct.pack("<BxHxxxxQQ", 2, 0, 1 << 6, 0))
    errno, filestat = call("fd_filestat_get", 0, 256, length=64)
    assert (errno, filestat) == (SUCCESS, struct.pack("<QQB7xQQQQQ", 0, 0, 2, 1, 0, 0, 0, 0))
    assert call("fd_close", 1)[0] == SUCCESS
    for descriptor in (3, 4, -1):
        assert call("fd_fdstat_get", descriptor, 256)[0] == BADF
        assert call("fd_prestat_get", descriptor, 256)[0] == BADF
        assert call("fd_close", descriptor)[0] == BADF


def test_a_wait_is_over_at_once(call: Call) -> None:
    """A clock under user data 7, and descriptor 9, which is not there, under 8."""
    subscriptions = struct.pack("<QB7xI4xQQH6x", 7, 0, 1, 10**18, 0, 0)
    subscriptions += struct.pack("<QB7xI28x", 8, 1, 9)
    data = "".join(f"\\{byte:02x}" for byte in subscriptions)
    errno, events = call("poll_oneoff", 128, 256, 2, 400, data=data, length=64)
    assert errno == SUCCESS
    assert events == struct.pack("<QHB21x", 7, 0, 0) + struct.pack("<QHB21x", 8, BADF, 1)
    assert call("poll_oneoff", 128, 256, 0, 400)[0] == INVAL
    assert call("poll_oneoff", 128, 256, 2**31 - 1, 400)[0] == INVAL


HANDLED = {
    *("args_get", "args_sizes_get", "environ_get", "environ_sizes_get", "clock_res_get"),
    *("clock_time_get", "random_get", "fd_read", "fd_write", "fd_fdstat_get", "fd_filestat_get"),
    *("poll_oneoff", "proc_exit", "proc_raise", "sched_yield", "fd_close"),
}
OF_A_STREAM = {
    "path_": NOTDIR,
    "sock_": NOTSOCK,
    "fd_readdir": NOTDIR,
    "fd_prestat_": BADF,
    "fd_renumber": NOTSUP,
    "fd_fdstat_set_": NOTSUP,
    "fd_filestat_set_times": NOTSUP,
    "fd_filestat_set_size": INVAL,
    "fd_pread": SPIPE,
    "fd_pwrite": SPIPE,
    "fd_seek": SPIPE,
    "fd_tell": SPIPE,
    "fd_advise": INVAL,
    "fd_allocate": INVAL,
    "fd_datasync": INVAL,
    "fd_sync": INVAL,
}


@pytest.mark.parametrize("name", [name for name in WASI if name not in HANDLED])
def test_files_and_sockets_are_met_by_an_errno_and_nothing_is_written(
    call: Call, name: str
) -> None:
    """Every parameter is the descriptor, or an address that would be written to."""
    count = len(next(row[2] for row in IMPORTS if row[1] == name).split())
    (on_a_stream,) = (errno for prefix, errno in OF_A_STREAM.items() if name.startswith(prefix))
    at = 2 if name == "path_symlink" else 0
    for descriptor, errno in ((0, on_a_stream), (2, on_a_stream), (3, BADF), (-1, BADF)):
        arguments = [256] * count
        arguments[at] = descriptor
        assert call(name, *arguments) == (errno, bytes(8))


@pytest.mark.parametrize(
    ("name", "reason"), [("proc_exit", "exit with status 3"), ("proc_raise", "raised signal 3")]
)
def test_leaving_ends_the_call(host: WasmHost, call: Call, name: str, reason: str) -> None:
    if name == "proc_raise":
        with pytest.raises(NodeFailure) as caught:
            call(name, 3)
    else:
        wasm = module("(call $wasi_proc_exit (i32.const 3)) (i64.const 1)", names=(name,))
        with pytest.raises(NodeFailure) as caught:
            host.call(loaded(host, wasm), b"")
    assert (caught.value.code, caught.value.reason) == ("E_NODE_TRAP", reason)


def test_the_monotonic_clock_never_goes_back(host: WasmHost) -> None:
    read = "(drop (call $wasi_clock_time_get (i32.const 1) (i64.const 0) (i32.const {})))"
    body = read.format(8) + read.format(1) + "(i64.const 9)"
    node = loaded(host, module(body, names=("clock_time_get",)))
    times = iter([1_000, 900])
    output = host.call(node, b"", lambda *_: {"time": next(times)}).output
    assert output == struct.pack("<Q", 1_000)


# Each line is one thing that a program may try; it says what came of it, and the node tells all.
PROGRAM = r"""
use std::collections::HashMap;
use std::io::{Read, Write};
use std::time::{Duration, Instant, SystemTime};

static mut INPUT: [u8; 1024] = [0; 1024];

#[no_mangle]
pub extern "C" fn logos_alloc(_length: u32) -> u32 {
    unsafe { INPUT.as_ptr() as u32 }
}

fn kind<T>(result: std::io::Result<T>) -> String {
    match result {
        Ok(_) => "done".to_string(),
        Err(error) => format!("{:?}", error.raw_os_error().map_or(-1, |code| code)),
    }
}

fn tried() -> Vec<(&'static str, String)> {
    let started = Instant::now();
    std::thread::sleep(Duration::from_secs(3600));
    std::thread::yield_now();
    let mut read = String::new();
    let read = std::io::stdin().read_to_string(&mut read).map(|n| n.to_string());
    println!("taken and dropped");
    eprintln!("taken and dropped");
    let map: HashMap<u32, u32> = (0..100).map(|n| (n, n)).collect();
    let first: Vec<u32> = map.keys().take(5).copied().collect();
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    vec![
        ("now", since.unwrap().as_nanos().to_string()),
        ("slept", started.elapsed().as_nanos().to_string()),
        ("args", format!("{}", std::env::args().count())),
        ("vars", format!("{}", std::env::vars().count())),
        ("map", format!("{:?}", first)),
        ("stdin", read.unwrap()),
        ("flush", kind(std::io::stdout().flush())),
        ("read", kind(std::fs::read("/etc/passwd"))),
        ("write", kind(std::fs::write("out", "text"))),
        ("list", kind(std::fs::read_dir("."))),
        ("stat", kind(std::fs::metadata("."))),
        ("rename", kind(std::fs::rename("a", "b"))),
        ("link", kind(std::fs::hard_link("a", "b"))),
        ("remove", kind(std::fs::remove_file("a"))),
        ("folder", kind(std::fs::create_dir("a"))),
        ("tcp", kind(std::net::TcpStream::connect(("127.0.0.1", 80)))),
        ("udp", kind(std::net::UdpSocket::bind("127.0.0.1:0"))),
        ("listen", kind(std::net::TcpListener::bind("127.0.0.1:0"))),
        ("thread", kind(std::thread::Builder::new().spawn(|| 1))),
        ("process", kind(std::process::Command::new("true").status())),
        ("unwind", format!("{:?}", std::panic::catch_unwind(|| 7).ok())),
    ]
}

#[no_mangle]
pub extern "C" fn logos_call(at: *const u8, length: u32) -> u64 {
    let input = unsafe { std::slice::from_raw_parts(at, length as usize) };
    if input == b"exit" {
        std::process::exit(3);
    }
    if input == b"panic" {
        panic!("on purpose");
    }
    if input == b"abort" {
        std::process::abort();
    }
    let line = |(what, how): &(&str, String)| format!("{}={}", what, how);
    let lines: Vec<String> = tried().iter().map(line).collect();
    let output = format!("\0{}", lines.join("\n")).into_bytes();
    let output: &'static [u8] = Box::leak(output.into_boxed_slice());
    (output.as_ptr() as u64) << 32 | output.len() as u64
}

#[link_section = "logos.descriptor"]
pub static DESCRIPTOR: [u8; @LENGTH@] = *b"@DESCRIPTOR@";
"""
DESCRIPTOR = (
    '{"abi":1,"docs":"","inputs":[{"docs":"","name":"data","type":"bytes"}],'
    '"name":"program","outputs":[{"docs":"","name":"data","type":"bytes"}]}'
)


def rust_for_wasi() -> tuple[str, str] | None:
    """A rustc and its name for the target, when one is installed with the standard library."""
    for rustc in ("rustc", "/usr/bin/rustc"):
        if shutil.which(rustc) is None:
            continue
        asked = [rustc, "--print", "sysroot"]
        sysroot = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
        for target in ("wasm32-wasip1", "wasm32-wasi"):
            if list(Path(sysroot).glob(f"lib/rustlib/{target}/lib/libstd-*.rlib")):
                return rustc, target
    return None


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The program, built for WASI as anybody would build it."""
    found = rust_for_wasi()
    if found is None:
        pytest.skip("no Rust with its standard library for WASI preview 1 is installed")
    rustc, target = found
    folder = tmp_path_factory.mktemp("wasi")
    source = PROGRAM.replace("@LENGTH@", str(len(DESCRIPTOR)))
    source = source.replace("@DESCRIPTOR@", DESCRIPTOR.replace('"', '\\"'))
    (folder / "program.rs").write_text(source, encoding="utf-8")
    flags = ["--edition", "2021", "-A", "warnings", "-O", "-C", "strip=symbols"]
    command = [rustc, *flags, "--target", target, "--crate-type", "cdylib", "program.rs"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return (folder / "program.wasm").read_bytes()


def test_a_program_on_the_standard_library_is_admitted_with_its_grants_alone(
    program: bytes,
) -> None:
    imported = {each.name for each in admit(program, frozenset({"clock", "random"})).imports}
    assert {"clock_time_get", "random_get", "path_open", "poll_oneoff"} <= imported
    with pytest.raises(Rejected) as caught:
        admit(program, frozenset({"clock"}))
    assert caught.value.code == "E_ADMIT_GRANT"
    assert "random_get" in str(caught.value.data["detail"])


def test_whatever_a_program_tries_gives_a_fixed_value_or_an_error(
    host: WasmHost, program: bytes
) -> None:
    node = loaded(host, program)
    result = host.call(node, b"all", answers)
    came_of = dict(line.split("=", 1) for line in result.output.decode().splitlines())
    assert came_of["now"] == str(TIME)
    assert (came_of["slept"], came_of["args"], came_of["vars"]) == ("0", "0", "0")
    assert (came_of["stdin"], came_of["flush"], came_of["unwind"]) == ("0", "done", "Some(7)")
    tried = ["read", "write", "list", "stat", "rename", "link", "remove", "folder"]
    tried += ["tcp", "udp", "listen", "thread", "process"]
    assert "done" not in {came_of[each] for each in tried}
    again = host.call(node, b"all", answers)
    assert (again.output, again.gas) == (result.output, result.gas)
    assert result.log == ()


@pytest.mark.parametrize(
    ("how", "reason"),
    [("exit", "exit with status 3"), ("panic", "unreachable"), ("abort", "unreachable")],
)
def test_however_a_program_ends_itself_it_is_the_calls_end(
    host: WasmHost, program: bytes, how: str, reason: str
) -> None:
    with pytest.raises(NodeFailure) as caught:
        host.call(loaded(host, program), how.encode(), answers)
    assert (caught.value.code, caught.value.reason) == ("E_NODE_TRAP", reason)
