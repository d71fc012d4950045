//! Scripts of calls to the registry: see `patientport_fuzz::registry`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: patientport_fuzz::prepare(),
    |data: &[u8]| {
        patientport_fuzz::registry(data);
    }
);
