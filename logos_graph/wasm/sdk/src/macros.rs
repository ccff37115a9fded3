//! The four macros of a node's file, `fail!` and `log!`.

/// Declares a record that ports can carry; its fields are public, and it can be compared, cloned and shown.
/// Doc comments of the record and its fields become part of the node's description.
///
/// ```
/// # use logos_sdk::prelude::*;
/// record! {
///     /// One payment of the past.
///     pub struct PastPayment { amount: Decimal<2>, minutes_ago: u32 }
/// }
/// // outside: record past-payment { amount: decimal<2>, minutes-ago: u32 }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! record {
    ($(#[$($record:tt)*])* $visibility:vis struct $name:ident {
        $($(#[$($each:tt)*])* $field:ident : $type:ty),+ $(,)?
    }) => {
        $(#[$($record)*])*
        #[derive(Debug, Clone, PartialEq)]
        $visibility struct $name {
            $($(#[$($each)*])* pub $field: $type),+
        }

        impl $crate::Port for $name {
            const TYPE: $crate::types::TypeText = $crate::types::TypeText::named(
                "record",
                ::core::stringify!($name),
                &[$((
                    ::core::stringify!($field),
                    ::core::option::Option::Some(&<$type as $crate::Port>::TYPE),
                )),+],
            );
            const PARTS: &'static $crate::parts::Parts = $crate::__parts!(
                [$([$($record)*])*]
                $([$([$($each)*])*] $field $type;)+
            );

            fn encode(&self, output: &mut ::std::vec::Vec<u8>) {
                $($crate::Port::encode(&self.$field, output);)+
            }

            fn decode(
                input: &mut $crate::Input<'_>,
            ) -> ::core::result::Result<Self, $crate::Malformed> {
                ::core::result::Result::Ok($name { $($field: $crate::Port::decode(input)?),+ })
            }
        }
    };
}

/// Declares an enum of plain cases that ports can carry.
///
/// ```
/// # use logos_sdk::prelude::*;
/// enumeration! {
///     /// How a payment ended.
///     pub enum Outcome { Approved, HandedOver, Rejected }
/// }
/// // outside: enum outcome { approved, handed-over, rejected }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! enumeration {
    ($(#[$($enum:tt)*])* $visibility:vis enum $name:ident {
        $($(#[$($each:tt)*])* $case:ident),+ $(,)?
    }) => {
        $(#[$($enum)*])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $visibility enum $name {
            $($(#[$($each)*])* $case),+
        }

        impl $crate::Port for $name {
            const TYPE: $crate::types::TypeText = $crate::types::TypeText::named(
                "enum",
                ::core::stringify!($name),
                &[$((::core::stringify!($case), ::core::option::Option::None)),+],
            );
            const PARTS: &'static $crate::parts::Parts = $crate::__parts!(
                [$([$($enum)*])*]
                $([$([$($each)*])*] $case;)+
            );

            fn encode(&self, output: &mut ::std::vec::Vec<u8>) {
                $crate::Port::encode(&(*self as u32), output);
            }

            fn decode(
                input: &mut $crate::Input<'_>,
            ) -> ::core::result::Result<Self, $crate::Malformed> {
                let case = <u32 as $crate::Port>::decode(input)?;
                $(if case == $name::$case as u32 {
                    return ::core::result::Result::Ok($name::$case);
                })+
                ::core::result::Result::Err($crate::Malformed::Case)
            }
        }
    };
}

/// Declares a variant: an enum whose cases may carry one value each.
///
/// ```
/// # use logos_sdk::prelude::*;
/// variant! {
///     pub enum Limit { None, UpTo(Decimal<2>) }
/// }
/// // outside: variant limit { none, up-to: decimal<2> }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! variant {
    ($(#[$($enum:tt)*])* $visibility:vis enum $name:ident {
        $($(#[$($each:tt)*])* $case:ident $(($type:ty))?),+ $(,)?
    }) => {
        $(#[$($enum)*])*
        #[derive(Debug, Clone, PartialEq)]
        $visibility enum $name {
            $($(#[$($each)*])* $case $(($type))?),+
        }

        impl $crate::Port for $name {
            const TYPE: $crate::types::TypeText = $crate::types::TypeText::named(
                "variant",
                ::core::stringify!($name),
                &[$((::core::stringify!($case), $crate::__payload_type!($($type)?))),+],
            );
            const PARTS: &'static $crate::parts::Parts = $crate::__parts!(
                [$([$($enum)*])*]
                $([$([$($each)*])*] $case $($type)?;)+
            );

            #[allow(unused_assignments)]
            fn encode(&self, output: &mut ::std::vec::Vec<u8>) {
                let mut case: u32 = 0;
                $(
                    if let $crate::__case!($name $case value $($type)?) = self {
                        $crate::Port::encode(&case, output);
                        $(<$type as $crate::Port>::encode(value, output);)?
                        return;
                    }
                    case += 1;
                )+
            }

            #[allow(unused_assignments)]
            fn decode(
                input: &mut $crate::Input<'_>,
            ) -> ::core::result::Result<Self, $crate::Malformed> {
                let wanted = <u32 as $crate::Port>::decode(input)?;
                let mut case: u32 = 0;
                $(
                    if case == wanted {
                        return ::core::result::Result::Ok(
                            $name::$case $((<$type as $crate::Port>::decode(input)?))?
                        );
                    }
                    case += 1;
                )+
                ::core::result::Result::Err($crate::Malformed::Case)
            }
        }
    };
}

/// The type text of a case's payload, if it has one.
#[doc(hidden)]
#[macro_export]
macro_rules! __payload_type {
    () => {
        ::core::option::Option::None
    };
    ($type:ty) => {
        ::core::option::Option::Some(&<$type as $crate::Port>::TYPE)
    };
}

/// A declared type's parts: its attributes, then attributes, name and (if it has one) type of each.
#[doc(hidden)]
#[macro_export]
macro_rules! __parts {
    ([$([$($own:tt)*])*] $([$([$($each:tt)*])*] $name:ident $($type:ty)?;)+) => {
        &$crate::parts::Parts {
            docs: &[$($crate::__docs!($($own)*)),*],
            parts: &[$($crate::parts::Part {
                name: ::core::stringify!($name),
                docs: &[$($crate::__docs!($($each)*)),*],
                of: $crate::__parts_of!($($type)?),
            }),+],
        }
    };
}

/// What a part consists of.
#[doc(hidden)]
#[macro_export]
macro_rules! __parts_of {
    () => {
        $crate::parts::Parts::NONE
    };
    ($type:ty) => {
        <$type as $crate::Port>::PARTS
    };
}

/// The line of a doc comment, out of its attribute; other attributes have none.
#[doc(hidden)]
#[macro_export]
macro_rules! __docs {
    (doc = $line:literal) => {
        ::core::option::Option::Some($line)
    };
    ($($other:tt)*) => {
        ::core::option::Option::None
    };
}

/// The pattern that takes a case apart.
#[doc(hidden)]
#[macro_export]
macro_rules! __case {
    ($name:ident $case:ident $value:ident) => {
        $name::$case
    };
    ($name:ident $case:ident $value:ident $type:ty) => {
        $name::$case($value)
    };
}

/// Declares the node: its name, documentation, ports and rule. One in a file.
///
/// ```
/// # use logos_sdk::prelude::*;
/// node! {
///     /// Shares an amount among people; fails when there are none.
///     fn share(amount: Decimal<2>, people: u32) -> (each: Decimal<2>, rest: Decimal<2>) {
///         if people == 0 {
///             fail!("nobody to share {} with", amount);
///         }
///         let each = amount.checked_split(people.into(), Rounding::Down).ok_or(Failure::new("too much"))?;
///         let taken = each.checked_times(people.into()).ok_or(Failure::new("too much"))?;
///         (each, amount - taken)
///     }
/// }
/// # fn main() {}
/// ```
///
/// One output is written `-> name: Type`, several `-> (name: Type, other: Type)`. The body's last
/// expression is the value of the output, or a tuple of them. `fail!` and `?` leave the body with a
/// [`Failure`](crate::Failure), which ends the run as failed at this step, with its reason.
#[macro_export]
macro_rules! node {
    (
        $(#[doc = $docs:literal])*
        fn $name:ident $inputs:tt -> $output:ident : $type:ty $body:block
    ) => {
        $crate::node! { $(#[doc = $docs])* fn $name $inputs -> ($output: $type) $body }
    };
    (
        $(#[doc = $docs:literal])*
        fn $name:ident ($($(#[doc = $input_docs:literal])* $input:ident : $input_type:ty),* $(,)?)
        -> ($($(#[doc = $output_docs:literal])* $output:ident : $output_type:ty),+ $(,)?) $body:block
    ) => {
        $(#[doc = $docs])*
        #[allow(unused_parens, unreachable_code)]
        pub fn $name(
            $($input: $input_type),*
        ) -> ::core::result::Result<($($output_type),+), $crate::Failure> {
            let value: ($($output_type),+) = $body;
            ::core::result::Result::Ok(value)
        }

        /// A panic's message, for the host.
        #[cfg(target_arch = "wasm32")]
        #[no_mangle]
        pub static LOGOS_PANIC: $crate::entry::PanicNote = $crate::entry::PanicNote::new();

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            const DESCRIPTOR: $crate::text::Text<{ $crate::descriptor::MAX_DESCRIPTOR }> =
                $crate::descriptor::descriptor(
                    ::core::stringify!($name),
                    &[$(::core::option::Option::Some($docs)),*],
                    &[$($crate::__port!([$($input_docs),*] $input $input_type)),*],
                    &[$($crate::__port!([$($output_docs),*] $output $output_type)),+],
                );

            #[link_section = "logos.descriptor"]
            #[used]
            static SECTION: [u8; DESCRIPTOR.len()] = DESCRIPTOR.to_array();

            #[no_mangle]
            extern "C" fn logos_alloc(length: usize) -> *mut u8 {
                $crate::entry::alloc(length)
            }

            #[no_mangle]
            #[allow(unused_parens)]
            unsafe extern "C" fn logos_call(data: *const u8, length: usize) -> u64 {
                $crate::entry::call(&LOGOS_PANIC, data, length, |input, output| {
                    $(let $input = <$input_type as $crate::Port>::decode(input)?;)*
                    input.finish()?;
                    let ($($output),+) = $name($($input),*)?;
                    $(<$output_type as $crate::Port>::encode(&$output, output);)+
                    ::core::result::Result::Ok(())
                })
            }
        };
    };
}

/// A port as the descriptor names it.
#[doc(hidden)]
#[macro_export]
macro_rules! __port {
    ([$($docs:literal),*] $port:ident $type:ty) => {
        $crate::descriptor::PortText {
            docs: &[$(::core::option::Option::Some($docs)),*],
            name: ::core::stringify!($port),
            port_type: &<$type as $crate::Port>::TYPE,
            parts: <$type as $crate::Port>::PARTS,
        }
    };
}

/// Leaves the node's body with a [`Failure`](crate::Failure) for the formatted reason.
#[macro_export]
macro_rules! fail {
    ($($reason:tt)+) => {
        return ::core::result::Result::Err($crate::Failure::new(::std::format!($($reason)+)))
    };
}

/// Writes a formatted line: `log!(warn, "{} is late", name)`; the levels are debug, info, warn and error.
#[macro_export]
macro_rules! log {
    ($level:ident, $($text:tt)+) => {
        $crate::log::$level(&::std::format!($($text)+))
    };
}
