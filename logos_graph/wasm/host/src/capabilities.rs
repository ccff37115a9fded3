//! The functions of the module `logos`: a node's way to the outside, one capability each.
//!
//! | import | operation | request | answer |
//! |---|---|---|---|
//! | clock_now() -> i64 | clock.now | | u64 |
//! | random_bytes(at, length) | random.bytes | u32 | bytes |
//! | log_write(level, at, length) | | | |
//! | kv_get(key, length) -> i32 | kv.get | string | option\<bytes\>; waits |
//! | kv_put(key, length, value, length) | kv.put | string, bytes | |
//! | kv_delete(key, length) | kv.delete | string | |
//! | http_request(at, length) -> i32 | http.request | http-request | http-outcome; waits |
//! | take_answer(at, length) | | | |
//!
//! Requests and answers are in the form of the codec between host and node: little-endian numbers,
//! `string` and `bytes` with a u32 length before them. That a string is in NFC is for the outside
//! to check, which reads every request strictly.

use crate::admission::imports::LOGOS;
use crate::guest::{Answering, Arguments, Broken, Call, Level};
use crate::{limits, prices};

/// The host's function for an import of the module `logos`.
pub fn answering(module: &str, name: &str) -> Option<Answering> {
    if module != LOGOS {
        return None;
    }
    Some(match name {
        "clock_now" => |call, _| Ok(clock(call)? as i64),
        "random_bytes" => random_bytes,
        "log_write" => log_write,
        "kv_get" => kv_get,
        "kv_put" => kv_put,
        "kv_delete" => kv_delete,
        "http_request" => http_request,
        "take_answer" => take_answer,
        _ => return None,
    })
}

/// The time, in nanoseconds since the epoch.
pub fn clock(call: &mut Call<'_>) -> Result<u64, Broken> {
    let answer = call.ask("clock.now", prices::ASK, &[])?;
    match <[u8; 8]>::try_from(answer) {
        Ok(time) => Ok(u64::from_le_bytes(time)),
        Err(_) => Err(misfit(call)),
    }
}

/// Fills a range with random bytes, at most [`limits::RANDOM_BYTES`].
pub fn random(call: &mut Call<'_>, at: u32, length: u32) -> Result<(), Broken> {
    call.bounds(at, length)?;
    let answer = call.ask("random.bytes", prices::ASK, &length.to_le_bytes())?;
    match bytes(&answer) {
        Some(bytes) if bytes.len() == length as usize => call.write(at, bytes),
        _ => Err(misfit(call)),
    }
}

fn random_bytes(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    let length = at_most(call, arguments.get(1), limits::RANDOM_BYTES, "bytes")?;
    random(call, arguments.get(0), length)?;
    Ok(0)
}

fn log_write(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    let level = arguments.get(0);
    let Some(level) = Level::from_number(level) else {
        return Err(call.wrong(format!("no level {}", level as i32)).into());
    };
    let length = at_most(call, arguments.get(2), limits::LOG_LINE_BYTES, "bytes")?;
    call.pay(prices::LOG_LINE + u64::from(length))?;
    let text = text(call, arguments.get(1), length)?;
    call.log(level, text)?;
    Ok(0)
}

fn kv_get(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    let key = key(call, arguments)?;
    let answer = call.ask("kv.get", prices::ASK_STORE, &key)?;
    match answer.split_first() {
        Some((0, [])) => {
            call.waiting();
            Ok(-1)
        }
        Some((1, rest)) => match bytes(rest) {
            Some(value) => Ok(call.keep(value.to_vec())),
            None => Err(misfit(call)),
        },
        _ => Err(misfit(call)),
    }
}

fn kv_put(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    let mut request = key(call, arguments)?;
    let length = at_most(
        call,
        arguments.get(3),
        limits::VALUE_BYTES,
        "bytes of value",
    )?;
    let value = call.read(arguments.get(2), length)?;
    request.extend(length.to_le_bytes());
    request.extend(value);
    done(call, "kv.put", &request)
}

fn kv_delete(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    let request = key(call, arguments)?;
    done(call, "kv.delete", &request)
}

fn http_request(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    let length = at_most(call, arguments.get(1), limits::REQUEST_BYTES, "bytes")?;
    let request = call.read(arguments.get(0), length)?;
    let answer = call.ask("http.request", prices::ASK_NETWORK, &request)?;
    Ok(call.keep(answer))
}

fn take_answer(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<i64, Broken> {
    let (at, length) = (arguments.get(0), arguments.get(1));
    let Some(answer) = call.waiting() else {
        return Err(call.wrong("no answer waits").into());
    };
    if answer.len() != length as usize {
        let reason = format!("{} bytes wait, and not {length}", answer.len());
        return Err(call.wrong(reason).into());
    }
    call.write(at, &answer)?;
    Ok(0)
}

/// Asks for something that has no answer but that it was done.
fn done(call: &mut Call<'_>, operation: &str, request: &[u8]) -> Result<i64, Broken> {
    let answer = call.ask(operation, prices::ASK_STORE, request)?;
    match answer.is_empty() {
        true => Ok(0),
        false => Err(misfit(call)),
    }
}

/// The key that the first two parameters name, in the codec's form.
fn key(call: &mut Call<'_>, arguments: &Arguments<'_>) -> Result<Vec<u8>, Broken> {
    let length = at_most(call, arguments.get(1), limits::KEY_BYTES, "bytes of key")?;
    if length == 0 {
        return Err(call.wrong("the key is empty").into());
    }
    let key = text(call, arguments.get(0), length)?;
    Ok([&length.to_le_bytes(), key.as_bytes()].concat())
}

/// UTF-8 text of the node. The caller has bounded the length.
fn text(call: &mut Call<'_>, at: u32, length: u32) -> Result<String, Broken> {
    let bytes = call.read(at, length)?;
    String::from_utf8(bytes).map_err(|_| call.wrong("the text is not UTF-8").into())
}

fn at_most(call: &Call<'_>, length: u32, limit: u32, what: &str) -> Result<u32, Broken> {
    if length > limit {
        let reason = format!("{length} {what}, the limit is {limit}");
        return Err(call.wrong(reason).into());
    }
    Ok(length)
}

/// The value of an answer of type `bytes`.
fn bytes(answer: &[u8]) -> Option<&[u8]> {
    let (length, bytes) = answer.split_first_chunk::<4>()?;
    (u32::from_le_bytes(*length) as usize == bytes.len()).then_some(bytes)
}

fn misfit(call: &Call<'_>) -> Broken {
    call.wrong("the answer does not fit what was asked").into()
}
