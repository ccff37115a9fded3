// Tells a service outside, which is the one effect of its flow. URL is put in when it is published.

use logos_sdk::prelude::*;

node! {
    /// Posts the number; gives the answer's status.
    fn tells(number: u64) -> status: u64 {
        u64::from(http::send(http::Request::post("URL/told", number.to_string()))?.status)
    }
}
