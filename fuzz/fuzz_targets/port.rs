//! Scripts of calls to the port: see `patientport_fuzz::port`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: patientport_fuzz::prepare(),
    |data: &[u8]| {
        patientport_fuzz::port(data);
    }
);
