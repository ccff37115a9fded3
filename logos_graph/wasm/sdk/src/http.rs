//! Requests to other machines, with the capability `http`; the grant says where to, how long and how much.
//!
//! ```
//! use logos_sdk::prelude::*;
//!
//! node! {
//!     /// Asks a service for a rate.
//!     fn rate(currency: String) -> rate: Decimal<4> {
//!         let url = format!("https://rates.example.com/{}", currency);
//!         let response = http::send(http::Request::get(url).header("accept", "text/plain"))?;
//!         if response.status != 200 {
//!             fail!("the service says {}", response.status);
//!         }
//!         Decimal::parse(&String::from_utf8(response.body.0)?).ok_or(Failure::new("no rate"))?
//!     }
//! }
//! # fn main() {}
//! ```

use crate::{host, Bytes, Failure, Input, Port};

pub use self::{HttpHeader as Header, HttpOutcome as Outcome};
pub use self::{HttpRequest as Request, HttpResponse as Response};

crate::record! {
    /// One header line; names are compared without regard to case.
    pub struct HttpHeader {
        /// Such as `content-type`.
        name: String,
        /// What stands behind the colon.
        value: String,
    }
}

crate::record! {
    /// What is asked.
    pub struct HttpRequest {
        /// In upper case: `POST`.
        method: String,
        /// With scheme, host and path.
        url: String,
        /// In the order in which they are sent.
        headers: Vec<HttpHeader>,
        /// Empty for a request without one.
        body: Bytes,
    }
}

crate::record! {
    /// What the other side answered, whatever its status says.
    pub struct HttpResponse {
        /// Three digits; 200 is well.
        status: u16,
        /// As they came.
        headers: Vec<HttpHeader>,
        /// As it came.
        body: Bytes,
    }
}

crate::variant! {
    /// How a request ended.
    pub enum HttpOutcome {
        /// There is an answer.
        Answered(HttpResponse),
        /// There is none, for this reason.
        Failed(String),
    }
}

impl HttpRequest {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        HttpRequest {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: Bytes::default(),
        }
    }

    /// A GET request.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A POST request with this body.
    #[must_use]
    pub fn post(url: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        HttpRequest {
            body: Bytes(body.into()),
            ..Self::new("POST", url)
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.headers.push(HttpHeader { name, value });
        self
    }
}

impl HttpResponse {
    /// The value of the first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| header.value.as_str())
    }
}

/// Send a request and wait for the answer.
///
/// # Errors
/// Why there is no answer: nobody there, too slow, too long. What the grant does not allow ends the call.
pub fn send(request: HttpRequest) -> Result<HttpResponse, Failure> {
    let mut data = Vec::new();
    request.encode(&mut data);
    // Sound: the host reads the request.
    let length = unsafe { host::http_request(data.as_ptr(), data.len()) };
    let answer = host::answer(usize::try_from(length).unwrap_or_default());
    let mut input = Input::new(&answer);
    let outcome = HttpOutcome::decode(&mut input)?;
    input.finish()?;
    match outcome {
        HttpOutcome::Answered(response) => Ok(response),
        HttpOutcome::Failed(reason) => Err(Failure::new(reason)),
    }
}
